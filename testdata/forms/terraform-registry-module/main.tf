# What the policies beside this file speak of.
resource "aws_vpc" "training" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.training.id
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["sagemaker.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "training" {
  name               = "TrainingRole"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

variable "s3_endpoint_id" {
  type = string
}
