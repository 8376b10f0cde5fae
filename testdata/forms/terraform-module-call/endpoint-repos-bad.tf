module "repos_endpoint" {
  source = "./modules/endpoint"

  vpc_id          = aws_vpc.training.id
  route_table_ids = [aws_route_table.private.id]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TrainingData"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
        Resource  = [aws_s3_bucket.train_data.arn, "${aws_s3_bucket.train_data.arn}/*"]
      },
      {
        Sid       = "ReadAnywhere"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = "*"
      },
      {
        Sid       = "NoPackages"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource = [
          "arn:aws:s3:::packages.*.amazonaws.com/*",
          "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
          "arn:aws:s3:::amazonlinux-2-repos-*/*",
          "arn:aws:s3:::al2023-repos-*/*",
        ]
      },
    ]
  })
}
