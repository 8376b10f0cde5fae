module "no_allow_endpoints" {
  source  = "terraform-aws-modules/vpc/aws//modules/vpc-endpoints"
  version = "~> 6.0"

  vpc_id = aws_vpc.training.id

  endpoints = {
    s3 = {
      service         = "s3"
      service_type    = "Gateway"
      route_table_ids = [aws_route_table.private.id]
      policy = jsonencode({
        Version = "2012-10-17"
        Statement = [
          {
            Sid       = "NoPackages"
            Effect    = "Deny"
            Principal = "*"
            Action    = "s3:GetObject"
            Resource = [
              "arn:aws:s3:::packages.*.amazonaws.com/*",
              "arn:aws:s3:::repo.*.amazonaws.com/*",
              "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
              "arn:aws:s3:::amazonlinux-2-repos-*/*",
              "arn:aws:s3:::al2023-repos-*/*",
            ]
          },
        ]
      })
    }
  }
}
