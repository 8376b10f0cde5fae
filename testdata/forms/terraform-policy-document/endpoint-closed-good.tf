data "aws_iam_policy_document" "endpoint_closed" {
  statement {
    sid       = "TrainingData"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.train_data.arn, "${aws_s3_bucket.train_data.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  statement {
    sid     = "NoPackages"
    effect  = "Deny"
    actions = ["s3:GetObject"]
    resources = [
      "arn:aws:s3:::packages.*.amazonaws.com/*",
      "arn:aws:s3:::repo.*.amazonaws.com/*",
      "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
      "arn:aws:s3:::amazonlinux-2-repos-*/*",
      "arn:aws:s3:::al2023-repos-*/*",
    ]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_vpc_endpoint" "closed" {
  vpc_id          = aws_vpc.training.id
  service_name    = "com.amazonaws.eu-west-1.s3"
  route_table_ids = [aws_route_table.private.id]
  policy          = data.aws_iam_policy_document.endpoint_closed.json
}
