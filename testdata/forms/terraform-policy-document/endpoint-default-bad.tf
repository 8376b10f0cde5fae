resource "aws_vpc_endpoint" "default" {
  vpc_id          = aws_vpc.training.id
  service_name    = "com.amazonaws.eu-west-1.s3"
  route_table_ids = [aws_route_table.private.id]
}
