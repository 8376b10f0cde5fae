variable "vpc_id" {
  type = string
}

variable "route_table_ids" {
  type = list(string)
}

variable "policy" {
  type    = string
  default = null
}

resource "aws_vpc_endpoint" "this" {
  vpc_id          = var.vpc_id
  service_name    = "com.amazonaws.eu-west-1.s3"
  route_table_ids = var.route_table_ids
  policy          = var.policy
}
