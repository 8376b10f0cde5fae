data "aws_iam_policy_document" "bucket_action" {
  statement {
    sid       = "Training"
    actions   = ["s3:GetObjects", "s3:PutObject"]
    resources = ["${aws_s3_bucket.train_data.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.training.arn]
    }
  }

  statement {
    sid       = "OnlyThroughTheEndpoint"
    effect    = "Deny"
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

resource "aws_s3_bucket_policy" "action" {
  bucket = aws_s3_bucket.train_data.id
  policy = data.aws_iam_policy_document.bucket_action.json
}
