locals {
  bucket       = "arn:aws:s3:::${var.bucket_name}"
  repositories = concat(
    formatlist("%s.*.amazonaws.com", ["packages", "repo", "amazonlinux"]),
    ["amazonlinux-2-repos-*", "al2023-repos-*"],
  )
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = var.vpc_id
  service_name = "com.amazonaws.eu-west-1.s3"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TrainingData"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
        Resource  = [local.bucket, "${local.bucket}/*"]
      },
      {
        Sid       = "NoPackages"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = [for name in local.repositories : "arn:aws:s3:::${name}/*"]
      },
    ]
  })
}

resource "aws_s3_bucket_policy" "data" {
  bucket = var.bucket_name
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "OnlyThroughTheEndpoint",
          "Effect": "Deny",
          "Principal": "*",
          "Action": "s3:*",
          "Resource": ["${local.bucket}", "${local.bucket}/*"],
          "Condition": {"StringNotEquals": {"aws:SourceVpce": "${aws_vpc_endpoint.s3.id}"}}
        }
      ]
    }
  EOT
}
