//! The policies that are measured: made up, no two alike, the same in every run. Half are endpoint policies, half bucket
//! policies, of 1 to 3 KB; one in ten endpoint policies gives full access, and a few bucket policies have a hole.
#![allow(
    dead_code,
    clippy::indexing_slicing,
    reason = "each bench uses a part of it; nothing but their own input"
)]

use fastrand::Rng;
use serde_json::{Value, json};
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// `count` policies with their file names.
pub fn fleet(count: usize) -> impl Iterator<Item = (String, Value)> {
    let mut rng = Rng::with_seed(7);
    (0..count).map(move |i| {
        let (kind, policy) =
            if i % 2 == 0 { ("endpoint", endpoint(&mut rng, i)) } else { ("bucket", bucket(&mut rng, i)) };
        (format!("{i:06}-{kind}-policy.json"), policy)
    })
}

/// A policy as the text of its file.
pub fn text(policy: &Value) -> String {
    format!("{policy:#}\n")
}

/// Writes `count` policies into a new folder, a file each.
///
/// # Errors
/// When the folder is there already, or something cannot be written.
pub fn write_fleet(dir: &Path, count: usize) -> std::io::Result<()> {
    std::fs::create_dir(dir)?;
    fleet(count).try_for_each(|(name, policy)| std::fs::write(dir.join(name), text(&policy)))
}

/// Writes `count` policies into a file, each on a line.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_lines(file: &Path, count: usize) -> std::io::Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    fleet(count).try_for_each(|(_, policy)| writeln!(out, "{policy}"))?;
    out.flush()
}

fn id(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}{:017x}", rng.u64(..) & 0xf_ffff_ffff_ffff)
}

fn endpoint(rng: &mut Rng, i: usize) -> Value {
    let bucket = format!("training-data-{i}");
    let mut statements = vec![json!({"Sid": "Training", "Effect": "Allow", "Principal": "*",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:ResourceAccount": "111122223333"}}})];
    statements.extend(repositories());
    if rng.u8(..10) == 0 {
        statements[0] = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    }
    for n in 0..rng.usize(..4) {
        statements.push(json!({"Sid": format!("Extra{n}"), "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": [format!("arn:aws:s3:::models-{i}-{n}/*")], "Condition": {"StringLike": {"aws:PrincipalArn": format!("arn:aws:iam::111122223333:role/team-{n}/*")}}}));
    }
    json!({"Version": "2012-10-17", "Id": format!("endpoint-{i}"), "Statement": statements})
}

/// The two Denies that shut the package repositories of Amazon Linux.
fn repositories() -> [Value; 2] {
    [
        json!({"Sid": "AmazonLinuxAMIRepositoryAccess", "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*"]}),
        json!({"Sid": "AmazonLinux2AMIRepositoryAccess", "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::amazonlinux.*.amazonaws.com/*", "arn:aws:s3:::amazonlinux-2-repos-*/*", "arn:aws:s3:::al2023-repos-*/*"]}),
    ]
}

fn bucket(rng: &mut Rng, i: usize) -> Value {
    let bucket = format!("training-data-{i}");
    let both = [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")];
    let operator = ["StringNotEquals", "StringNotEqualsIfExists", "ForAnyValue:StringNotEquals"]
        [usize::from(rng.u8(..10) > 5) + usize::from(rng.u8(..10) == 0)];
    let mut statements = vec![
        json!({"Sid": "OnlyFromTheVpc", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both,
            "Condition": {operator: {"aws:SourceVpce": [id(rng, "vpce-"), id(rng, "vpce-")]}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}),
        json!({"Sid": "OnlyTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
    ];
    for n in 0..rng.usize(1..5) {
        statements.push(json!({"Sid": format!("Team{n}"), "Effect": "Allow",
            "Principal": {"AWS": [format!("arn:aws:iam::111122223333:role/training-{n}"), format!("arn:aws:iam::444455556666:role/research-{n}")]},
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": format!("arn:aws:s3:::{bucket}/team-{n}/*")}));
    }
    json!({"Version": "2012-10-17", "Id": format!("bucket-{i}"), "Statement": statements})
}

/// An endpoint policy of `count` statements: the two of the repositories, when there is room, and an Allow for each of so
/// many teams.
pub fn endpoint_statements(count: usize) -> Value {
    let mut statements: Vec<Value> = repositories().into_iter().take(count.saturating_sub(1)).collect();
    for n in statements.len()..count {
        statements.push(json!({"Sid": format!("Team{n}"), "Effect": "Allow", "Principal": "*",
            "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("arn:aws:s3:::team-{n}/*"),
            "Condition": {"StringLike": {"aws:PrincipalArn": format!("arn:aws:iam::111122223333:role/team-{n}/*")}}}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A bucket policy of `count` statements: the Deny for everything from outside, and an Allow for each of so many teams.
pub fn bucket_statements(count: usize) -> Value {
    let mut statements = vec![only_from(1)];
    for n in 1..count {
        statements.push(json!({"Sid": format!("Team{n}"), "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::111122223333:role/team-{n}")},
            "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("arn:aws:s3:::training-data/team-{n}/*")}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A Deny for everything that does not come through one of `count` endpoints.
fn only_from(count: usize) -> Value {
    let endpoints: Vec<String> =
        (0..count).map(|n| format!("vpce-{:017x}", 0xa_0000_0000_u64 + n as u64)).collect();
    json!({"Sid": "OnlyFromTheVpc", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::training-data", "arn:aws:s3:::training-data/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": endpoints}}})
}

/// A bucket policy whose Deny names `count` endpoints.
pub fn condition_values(count: usize) -> Value {
    json!({"Version": "2012-10-17", "Statement": [only_from(count),
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/training"}, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::training-data/*"}]})
}

/// An endpoint policy whose Allow names `count` resources.
pub fn resource_values(count: usize) -> Value {
    let resources: Vec<String> = (0..count).map(|n| format!("arn:aws:s3:::training-data-{n}/*")).collect();
    let [first, second] = repositories();
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": resources}, first, second]})
}

/// A bucket policy whose Allow names `count` roles.
pub fn principal_values(count: usize) -> Value {
    let roles: Vec<String> = (0..count).map(|n| format!("arn:aws:iam::111122223333:role/team-{n}")).collect();
    json!({"Version": "2012-10-17", "Statement": [only_from(1),
        {"Effect": "Allow", "Principal": {"AWS": roles}, "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::training-data/*"}]})
}
