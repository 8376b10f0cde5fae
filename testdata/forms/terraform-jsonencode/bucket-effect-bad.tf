resource "aws_s3_bucket_policy" "effect" {
  bucket = aws_s3_bucket.train_data.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Training"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.training.arn }
        Action    = ["s3:GetObject", "s3:PutObject"]
        Resource  = "${aws_s3_bucket.train_data.arn}/*"
      },
      {
        Sid       = "OnlyThroughTheEndpoint"
        Effect    = "deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.train_data.arn, "${aws_s3_bucket.train_data.arn}/*"]
        Condition = {
          StringNotEquals = { "aws:SourceVpce" = var.s3_endpoint_id }
        }
      },
    ]
  })
}
