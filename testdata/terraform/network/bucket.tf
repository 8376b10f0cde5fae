resource "aws_s3_bucket" "data" {
  bucket_prefix = "training-"
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.fence.json
}
