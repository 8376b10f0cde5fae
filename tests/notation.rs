//! What fixes add to a policy, in the way in which its author writes: JSON in a heredoc, an object of HCL, blocks of a policy document,
//! YAML, JSON with CloudFormation's functions.
#![allow(clippy::unwrap_used, reason = "tests")]

use ringfence::finding::Safety;
use ringfence::fix;
use ringfence::lint::{FileInput, Linter, Settings};
use ringfence::rules::RuleSet;
use ringfence::source::Alone;
use std::sync::Arc;

/// The change that all fixes make together.
fn change(name: &str, text: &str) -> String {
    let linter = Arc::new(Linter::new(RuleSet::builtin().unwrap()));
    let (session, settings) = (linter.session(), Settings::default());
    let bytes = text.as_bytes();
    let file =
        FileInput { path: name, name, bytes, explicit: false, named: true, around: &Alone, part: None };
    let report = session.lint(&file, &settings);
    let fixed = fix::apply(&session, &file, &settings, report, Safety::Unsafe);
    let after = String::from_utf8(fixed.bytes).unwrap();
    let diff = similar::TextDiff::from_lines(text, &after);
    let cautions: String = fixed.made.iter().map(|f| format!("{}: {:?}\n", f.title, f.caution)).collect();
    cautions + &diff.unified_diff().context_radius(1).to_string()
}

#[test]
fn what_is_added_looks_like_what_is_there() {
    insta::assert_snapshot!(
        change("a.tf", r#"resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.us-east-1.s3"
  policy       = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": ["s3:GetObject"],
      "Resource": "*"
    }
  ]
}
POLICY
}
"#),
        @r#"
        add a Deny statement: Some("other files of the module may use it")
        add `arn:aws:s3:::packages.*.amazonaws.com/*` and `arn:aws:s3:::repo.*.amazonaws.com/*` to the Deny of statement 2: Some("other files of the module may use it")
        add `arn:aws:s3:::amazonlinux-2-repos-*/*` and `arn:aws:s3:::al2023-repos-*/*` to the Deny of statement 2: Some("other files of the module may use it")
        @@ -12,2 +12,14 @@
               "Resource": "*"
        +    },
        +    {
        +      "Effect": "Deny",
        +      "Principal": "*",
        +      "Action": "s3:GetObject",
        +      "Resource": [
        +        "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
        +        "arn:aws:s3:::packages.*.amazonaws.com/*",
        +        "arn:aws:s3:::repo.*.amazonaws.com/*",
        +        "arn:aws:s3:::amazonlinux-2-repos-*/*",
        +        "arn:aws:s3:::al2023-repos-*/*"
        +      ]
             }
        "#
    );
    insta::assert_snapshot!(
        change("b.tf", r#"resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Read"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.job.arn }
        Action    = ["s3:GetObject", "s3:ListBucket"]
        Resource = [
          aws_s3_bucket.data.arn,
          "${aws_s3_bucket.data.arn}/*",
        ]
      },
      {
        Sid       = "Fence"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "${aws_s3_bucket.data.arn}/*"
        Condition = {
          StringNotEquals = {
            "aws:SourceVpce" = aws_vpc_endpoint.s3.id
          }
        }
      },
    ]
  })
}
"#),
        @r#"
        add `${aws_s3_bucket.data.arn}` to the Deny of statement 2 (`Fence`): Some("other files of the module may use it")
        @@ -20,3 +20,6 @@
                 Action    = "s3:*"
        -        Resource  = "${aws_s3_bucket.data.arn}/*"
        +        Resource = [
        +          "${aws_s3_bucket.data.arn}/*",
        +          aws_s3_bucket.data.arn,
        +        ]
                 Condition = {
        "#
    );
    insta::assert_snapshot!(
        change("c.tf", r#"data "aws_iam_policy_document" "data" {
  statement {
    sid     = "Read"
    actions = ["s3:GetObject"]
    resources = [
      "${aws_s3_bucket.data.arn}/*",
    ]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.job.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpce"
      values   = [aws_vpc_endpoint.s3.id]
    }
  }
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.data.json
}
"#),
        @r#"
        add a Deny statement: Some("it takes `${aws_vpc_endpoint.s3.id}` to be yours")
        @@ -19,2 +19,29 @@
           }
        +
        +  statement {
        +    sid     = "BucketVpcOnly"
        +    effect  = "Deny"
        +    actions = ["s3:*"]
        +    resources = [
        +      aws_s3_bucket.data.arn,
        +      "${aws_s3_bucket.data.arn}/*",
        +    ]
        +
        +    principals {
        +      type        = "*"
        +      identifiers = ["*"]
        +    }
        +
        +    condition {
        +      test     = "BoolIfExists"
        +      variable = "aws:PrincipalIsAWSService"
        +      values   = ["false"]
        +    }
        +
        +    condition {
        +      test     = "StringNotEquals"
        +      variable = "aws:SourceVpce"
        +      values   = [aws_vpc_endpoint.s3.id]
        +    }
        +  }
         }
        "#
    );
    insta::assert_snapshot!(
        change("d.yaml", r#"Resources:
  Pol:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: 2012-10-17
        Statement:
        - Sid: Fence
          Effect: Deny
          Principal: "*"
          Action: s3:*
          Resource: !Sub "arn:aws:s3:::${Bucket}/*"   # objects
          Condition:
            StringNotEquals:
              aws:SourceVpce: !Ref Endpoint
"#),
        @r#"
        add `arn:aws:s3:::${Bucket}` to the Deny of statement 1 (`Fence`): None
        @@ -12,3 +12,5 @@
                   Action: s3:*
        -          Resource: !Sub "arn:aws:s3:::${Bucket}/*"   # objects
        +          Resource:
        +          - !Sub "arn:aws:s3:::${Bucket}/*"   # objects
        +          - !Sub "arn:aws:s3:::${Bucket}"
                   Condition:
        "#
    );
    insta::assert_snapshot!(
        change("e.yaml", r#"Resources:
  Pol:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          Effect: Allow
          Principal:
            AWS: !GetAtt Role.Arn
          Action: s3:GetObject
          Resource: !Sub "arn:aws:s3:::${Bucket}/*"
          Condition:
            StringEquals:
              aws:SourceVpce: !Ref Endpoint
"#),
        @r#"
        add a Deny statement: Some("it takes `${Endpoint}` to be yours")
        @@ -7,9 +7,20 @@
                 Statement:
        -          Effect: Allow
        -          Principal:
        -            AWS: !GetAtt Role.Arn
        -          Action: s3:GetObject
        -          Resource: !Sub "arn:aws:s3:::${Bucket}/*"
        -          Condition:
        -            StringEquals:
        -              aws:SourceVpce: !Ref Endpoint
        +          - Effect: Allow
        +            Principal:
        +              AWS: !GetAtt Role.Arn
        +            Action: s3:GetObject
        +            Resource: !Sub "arn:aws:s3:::${Bucket}/*"
        +            Condition:
        +              StringEquals:
        +                aws:SourceVpce: !Ref Endpoint
        +          - Effect: Deny
        +            Principal: "*"
        +            Action: s3:*
        +            Resource:
        +              - !Sub "arn:aws:s3:::${Bucket}"
        +              - !Sub "arn:aws:s3:::${Bucket}/*"
        +            Condition:
        +              BoolIfExists:
        +                aws:PrincipalIsAWSService: "false"
        +              StringNotEquals:
        +                aws:SourceVpce: !Ref Endpoint
        "#
    );
    insta::assert_snapshot!(
        change("f.yaml", r#"Resources:
  E:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      ServiceName: !Sub "com.amazonaws.${AWS::Region}.s3"
      PolicyDocument: !Sub |
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": "*",
              "Action": "s3:*",
              "Resource": ["arn:aws:s3:::${Bucket}", "arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::*"]
            }
          ]
        }
"#),
        @r#"
        add a Deny statement: None
        add `arn:aws:s3:::packages.*.amazonaws.com/*` and `arn:aws:s3:::repo.*.amazonaws.com/*` to the Deny of statement 2: None
        add `arn:aws:s3:::amazonlinux-2-repos-*/*` and `arn:aws:s3:::al2023-repos-*/*` to the Deny of statement 2: None
        @@ -15,2 +15,14 @@
                       "Resource": ["arn:aws:s3:::${Bucket}", "arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::*"]
        +            },
        +            {
        +              "Effect": "Deny",
        +              "Principal": "*",
        +              "Action": "s3:GetObject",
        +              "Resource": [
        +                "arn:aws:s3:::amazonlinux.*.amazonaws.com/*",
        +                "arn:aws:s3:::packages.*.amazonaws.com/*",
        +                "arn:aws:s3:::repo.*.amazonaws.com/*",
        +                "arn:aws:s3:::amazonlinux-2-repos-*/*",
        +                "arn:aws:s3:::al2023-repos-*/*"
        +              ]
                     }
        "#
    );
    insta::assert_snapshot!(
        change("g.json", r#"{
  "Resources": {
    "Pol": {
      "Type": "AWS::S3::BucketPolicy",
      "Properties": {
        "Bucket": {"Ref": "Bucket"},
        "PolicyDocument": {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}},
              "Action": "s3:GetObject",
              "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]},
              "Condition": {"StringEquals": {"aws:SourceVpce": {"Ref": "Endpoint"}}}
            }
          ]
        }
      }
    }
  }
}
"#),
        @r#"
        add a Deny statement: Some("it takes `${Endpoint}` to be yours")
        @@ -15,2 +15,12 @@
                       "Condition": {"StringEquals": {"aws:SourceVpce": {"Ref": "Endpoint"}}}
        +            },
        +            {
        +              "Effect": "Deny",
        +              "Principal": "*",
        +              "Action": "s3:*",
        +              "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
        +              "Condition": {
        +                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        +                "StringNotEquals": {"aws:SourceVpce": {"Ref": "Endpoint"}}
        +              }
                     }
        "#
    );
}

/// The same in texts that are laid out in other ways: what stands around is left as it is.
#[test]
fn odd_layouts_stay_as_they_are() {
    let endpoint = |policy: &str| {
        format!(
            "Resources:\n  S3:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      ServiceName: com.amazonaws.eu-west-1.s3\n      PolicyDocument:{policy}\n"
        )
    };
    let crlf = endpoint("\n        Statement:\n          - Effect: Allow\n            Principal: \"*\"\n            Action: s3:GetObject\n            Resource: \"*\"").replace('\n', "\r\n");
    let flow = endpoint(
        " {Statement: [{Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"*\"}]}",
    );
    let quoted = endpoint(
        " '{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}]}'",
    );
    let escaped = quoted.replace('"', "\\\"").replace('\'', "\"");
    let aliased = endpoint(
        "\n        Statement:\n          - &all\n            Effect: Allow\n            Principal: \"*\"\n            Action: s3:GetObject\n            Resource: \"*\" # any",
    );
    let documents = [crlf, flow, quoted, escaped, aliased];
    let changes: Vec<String> = documents.iter().map(|text| change("t.yaml", text)).collect();
    insta::assert_snapshot!(changes.join("----\n"), @r#"
    add a Deny statement: None
    add `arn:aws:s3:::packages.*.amazonaws.com/*` and `arn:aws:s3:::repo.*.amazonaws.com/*` to the Deny of statement 2: None
    add `arn:aws:s3:::amazonlinux-2-repos-*/*` and `arn:aws:s3:::al2023-repos-*/*` to the Deny of statement 2: None
    @@ -11 +11,10 @@
                 Resource: "*"
    +          - Effect: Deny
    +            Principal: "*"
    +            Action: s3:GetObject
    +            Resource:
    +              - arn:aws:s3:::amazonlinux.*.amazonaws.com/*
    +              - arn:aws:s3:::packages.*.amazonaws.com/*
    +              - arn:aws:s3:::repo.*.amazonaws.com/*
    +              - arn:aws:s3:::amazonlinux-2-repos-*/*
    +              - arn:aws:s3:::al2023-repos-*/*
    ----
    add a Deny statement: None
    add `arn:aws:s3:::packages.*.amazonaws.com/*` and `arn:aws:s3:::repo.*.amazonaws.com/*` to the Deny of statement 2: None
    add `arn:aws:s3:::amazonlinux-2-repos-*/*` and `arn:aws:s3:::al2023-repos-*/*` to the Deny of statement 2: None
    @@ -5,2 +5,2 @@
           ServiceName: com.amazonaws.eu-west-1.s3
    -      PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}]}
    +      PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::amazonlinux.*.amazonaws.com/*", "arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*", "arn:aws:s3:::amazonlinux-2-repos-*/*", "arn:aws:s3:::al2023-repos-*/*"]}]}
    ----
    add a Deny statement: None
    add `arn:aws:s3:::packages.*.amazonaws.com/*` and `arn:aws:s3:::repo.*.amazonaws.com/*` to the Deny of statement 2: None
    add `arn:aws:s3:::amazonlinux-2-repos-*/*` and `arn:aws:s3:::al2023-repos-*/*` to the Deny of statement 2: None
    @@ -5,2 +5,2 @@
           ServiceName: com.amazonaws.eu-west-1.s3
    -      PolicyDocument: '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}'
    +      PolicyDocument: '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::amazonlinux.*.amazonaws.com/*", "arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*", "arn:aws:s3:::amazonlinux-2-repos-*/*", "arn:aws:s3:::al2023-repos-*/*"]}]}'
    ----
    add a Deny statement: None
    add `arn:aws:s3:::packages.*.amazonaws.com/*` and `arn:aws:s3:::repo.*.amazonaws.com/*` to the Deny of statement 2: None
    add `arn:aws:s3:::amazonlinux-2-repos-*/*` and `arn:aws:s3:::al2023-repos-*/*` to the Deny of statement 2: None
    @@ -5,2 +5,2 @@
           ServiceName: com.amazonaws.eu-west-1.s3
    -      PolicyDocument: "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}]}"
    +      PolicyDocument: "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}, {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": [\"arn:aws:s3:::amazonlinux.*.amazonaws.com/*\", \"arn:aws:s3:::packages.*.amazonaws.com/*\", \"arn:aws:s3:::repo.*.amazonaws.com/*\", \"arn:aws:s3:::amazonlinux-2-repos-*/*\", \"arn:aws:s3:::al2023-repos-*/*\"]}]}"
    ----
    "#);
    let comment = r#"resource "aws_vpc_endpoint" "s3" {
  service_name = "com.amazonaws.eu-west-1.s3"
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "*" },
      { Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = [/* old */ "arn:aws:s3:::packages.*.amazonaws.com/*"] }, # both
    ]
  })
}
"#;
    insta::assert_snapshot!(change("main.tf", comment), @r#"
    add `arn:aws:s3:::amazonlinux.*.amazonaws.com/*` to the Deny of statement 2: Some("other files of the module may use it")
    add `arn:aws:s3:::repo.*.amazonaws.com/*` to the Deny of statement 2: Some("other files of the module may use it")
    add `arn:aws:s3:::amazonlinux-2-repos-*/*` and `arn:aws:s3:::al2023-repos-*/*` to the Deny of statement 2: Some("other files of the module may use it")
    @@ -5,3 +5,3 @@
           { Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "*" },
    -      { Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = [/* old */ "arn:aws:s3:::packages.*.amazonaws.com/*"] }, # both
    +      { Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = [/* old */ "arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::amazonlinux.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*", "arn:aws:s3:::amazonlinux-2-repos-*/*", "arn:aws:s3:::al2023-repos-*/*"] }, # both
         ]
    "#);
}
