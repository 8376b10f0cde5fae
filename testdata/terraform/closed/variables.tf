variable "bucket_name" {
  type = string
}

variable "vpc_id" {
  type = string
}
