"""A made-up repository for scripts/performance.py: 50,000 files in a thousand folders, 200 policies among them, in the forms in which
they live: modules of Terraform, templates of CloudFormation, JSON. The same in every run."""
import json
import random

FILES, POLICIES = 50_000, 200
ENDINGS = ["ts"] * 30 + ["py"] * 22 + ["md"] * 10 + ["json"] * 14 + ["yaml"] * 10 + ["tf"] * 8 + ["txt"] * 6


def fence(number):
    bucket = f"arn:aws:s3:::data-{number}"
    return {"Version": "2012-10-17", "Statement": [
        {"Sid": "OnlyFromTheVpc", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [bucket, bucket + "/*"],
         "Condition": {"StringNotEquals": {"aws:SourceVpce": f"vpce-{number:017x}"}}}]}


def module(number):
    return f'''data "aws_iam_policy_document" "fence" {{
  statement {{
    sid       = "OnlyFromTheVpc"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.data.arn, "${{aws_s3_bucket.data.arn}}/*"]
    principals {{
      type        = "*"
      identifiers = ["*"]
    }}
    condition {{
      test     = "StringNotEquals"
      variable = "aws:SourceVpce"
      values   = ["vpce-{number:017x}"]
    }}
  }}
}}

resource "aws_s3_bucket_policy" "fence" {{
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.fence.json
}}
'''


def template(number):
    statement = json.dumps(fence(number)["Statement"][0])
    return f'''Resources:
  Data:
    Type: AWS::S3::Bucket
  Fence:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Data
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {statement}
'''


def other(chance, ending, number):
    """A file of no interest, of the size that such files have."""
    lines = chance.randrange(20, 160)
    if ending == "json":
        rows = [{"id": n, "name": f"row {number}", "tags": ["a", "b"], "value": n * 1.5} for n in range(lines // 4)]
        return json.dumps({"rows": rows}, indent=2)
    if ending == "yaml":
        return "services:\n" + "".join(f"  service-{n}:\n    image: app:{number}\n    port: {8000 + n}\n" for n in range(lines // 3))
    if ending == "tf":
        return "".join(f'resource "aws_instance" "host_{n}" {{\n  ami  = "ami-{number:08x}"\n  tags = {{ Name = "host-{n}" }}\n}}\n'
                       for n in range(lines // 4))
    return "".join(f"line {n} of a file that speaks of other things: {number}\n" for n in range(lines))


def make(folder):
    """Writes the repository into a new folder."""
    chance = random.Random(7)
    held = set(chance.sample(range(FILES), POLICIES))
    for number in range(FILES):
        place = folder / f"area-{number % 40:02}" / f"part-{number // 50:04}"
        place.mkdir(parents=True, exist_ok=True)
        if number not in held:
            ending = chance.choice(ENDINGS)
            (place / f"file-{number}.{ending}").write_text(other(chance, ending, number))
        elif number % 3 == 0:
            (place / f"fence-{number}.tf").write_text(module(number).replace('"fence"', f'"fence_{number}"').replace(
                "aws_iam_policy_document.fence.", f"aws_iam_policy_document.fence_{number}."))
        elif number % 3 == 1:
            (place / f"stack-{number}.yaml").write_text(template(number))
        else:
            (place / f"bucket-policy-{number}.json").write_text(json.dumps(fence(number), indent=2))
