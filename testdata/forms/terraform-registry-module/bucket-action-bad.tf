module "action_bucket" {
  source  = "terraform-aws-modules/s3-bucket/aws"
  version = "~> 5.0"

  bucket        = "train-data"
  attach_policy = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Training"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.training.arn }
        Action    = ["s3:GetObjects", "s3:PutObject"]
        Resource  = "arn:aws:s3:::train-data/*"
      },
      {
        Sid       = "OnlyThroughTheEndpoint"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::train-data", "arn:aws:s3:::train-data/*"]
        Condition = {
          StringNotEquals = { "aws:SourceVpce" = var.s3_endpoint_id }
        }
      },
    ]
  })
}
