"""Made-up long documents for scripts/performance.py: a plan of Terraform's in which few resources have a policy, and what
`aws ec2 describe-vpc-endpoints` prints of many endpoints. The same in every run."""
import json


def policy(number):
    bucket = f"arn:aws:s3:::data-{number}"
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Use", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": [bucket, bucket + "/*"]},
        {"Sid": "Fence", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [bucket, bucket + "/*"],
         "Condition": {"StringNotEquals": {"aws:SourceVpce": f"vpce-{number:017x}"}}}]})


def resources(others, policies):
    """Types, names and values of the resources of a plan."""
    for number in range(others):
        yield "aws_instance", f"web_{number}", {
            "ami": "ami-0123456789abcdef0", "instance_type": "t3.micro", "subnet_id": f"subnet-{number:017x}",
            "tags": {"Name": f"web-{number}", "Team": "platform"}, "vpc_security_group_ids": [f"sg-{number:017x}"],
            "ebs_block_device": [{"device_name": "/dev/sda1", "volume_size": 50, "encrypted": True, "kms_key_id": None}],
            "user_data": "x" * 300}
    for number in range(policies):
        if number % 2:
            yield "aws_vpc_endpoint", f"s3_{number}", {"service_name": "com.amazonaws.eu-west-1.s3", "vpc_id": f"vpc-{number:017x}",
                                                       "policy": policy(number)}
        else:
            yield "aws_s3_bucket_policy", f"data_{number}", {"bucket": f"data-{number}", "policy": policy(number)}


def plan(others, policies):
    """What `terraform show -json` prints of a plan: all on one line."""
    made = [({"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}, values)
            for kind, name, values in resources(others, policies)]
    changed = {"actions": ["create"], "before": None, "after_unknown": {"id": True, "arn": True}}

    def written(values):
        return {key: {"constant_value": value} for key, value in values.items() if not isinstance(value, (list, dict))}

    return json.dumps({
        "format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [{**one, "schema_version": 1, "values": values} for one, values in made]}},
        "resource_changes": [{**one, "change": {**changed, "after": values}} for one, values in made],
        "configuration": {"root_module": {"resources": [{**one, "expressions": written(values)} for one, values in made]}}})


def endpoints(count, every):
    """What `describe-vpc-endpoints` prints: one endpoint of so many leads to S3."""
    def endpoint(number):
        service = "s3" if number % every == 0 else "ec2"
        full = json.dumps({"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}, indent=1)
        return {"VpcEndpointId": f"vpce-{number:017x}", "VpcEndpointType": "Interface", "VpcId": f"vpc-{number:017x}",
                "ServiceName": f"com.amazonaws.eu-west-1.{service}", "State": "available",
                "PolicyDocument": policy(number) if service == "s3" else full, "SubnetIds": [f"subnet-{number:017x}"] * 3,
                "Groups": [{"GroupId": f"sg-{number:017x}", "GroupName": "endpoints"}], "PrivateDnsEnabled": True,
                "NetworkInterfaceIds": [f"eni-{number:017x}"] * 3,
                "DnsEntries": [{"DnsName": f"vpce-{number:017x}.{service}.eu-west-1.vpce.amazonaws.com", "HostedZoneId": "Z1"}] * 3,
                "Tags": [{"Key": "Name", "Value": f"endpoint-{number}"}], "OwnerId": "111122223333"}
    return json.dumps({"VpcEndpoints": [endpoint(number) for number in range(count)]}, indent=4)


def all_of(share):
    """The name of each document, how many policies are in it, and what writes it; `share` times smaller than usual."""
    yield "a plan", 200 // share, lambda place: place.write_text(plan(22_000 // share, 200 // share))
    yield "endpoints", 1_400 // share, lambda place: place.write_text(endpoints(5_600 // share, 4))
    yield "endpoints to S3", 5_000 // share, lambda place: place.write_text(endpoints(5_000 // share, 1))
