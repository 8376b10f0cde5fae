data "aws_iam_policy_document" "bucket_effect" {
  statement {
    sid       = "Training"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.train_data.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.training.arn]
    }
  }

  statement {
    sid       = "OnlyThroughTheEndpoint"
    effect    = "deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.train_data.arn, "${aws_s3_bucket.train_data.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceVpce"
      values   = [var.s3_endpoint_id]
    }
  }
}

resource "aws_s3_bucket_policy" "effect" {
  bucket = aws_s3_bucket.train_data.id
  policy = data.aws_iam_policy_document.bucket_effect.json
}
