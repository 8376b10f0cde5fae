module "default_endpoint" {
  source = "./modules/endpoint"

  vpc_id          = aws_vpc.training.id
  route_table_ids = [aws_route_table.private.id]
}
