resource "aws_vpc_endpoint" "open" {
  vpc_id          = aws_vpc.training.id
  service_name    = "com.amazonaws.eu-west-1.s3"
  route_table_ids = [aws_route_table.private.id]
  policy          = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "EveryBucket",
          "Effect": "Allow",
          "Principal": "*",
          "Action": "s3:*",
          "Resource": "*"
        },
        {
          "Sid": "NoPackages",
          "Effect": "Deny",
          "Principal": "*",
          "Action": "s3:GetObject",
          "Resource": [
            "arn:aws:s3:::packages.*.amazonaws.com/*",
            "arn:aws:s3:::repo.*.amazonaws.com/*",
            "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
            "arn:aws:s3:::amazonlinux-2-repos-*/*",
            "arn:aws:s3:::al2023-repos-*/*"
          ]
        }
      ]
    }
  EOT
}
