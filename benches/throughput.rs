//! Whole-process throughput: makes N policies of 1 to 3 KB in a folder, then times reading and parsing them with
//! `serde_json` on one thread, and `ringfence check` on the folder, in one run.
//!
//! `cargo bench --bench throughput -- [N]` (default 10000). Figures are ratios within the run; machines are noisy.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark"
)]

use fastrand::Rng;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

fn main() {
    let count: usize = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("policies-{count}"));
    if !dir.exists() {
        std::fs::create_dir_all(&dir).unwrap();
        let mut rng = Rng::with_seed(7);
        for i in 0..count {
            let (name, policy) = if i % 2 == 0 {
                ("endpoint", endpoint(&mut rng, i))
            } else {
                ("bucket", bucket(&mut rng, i))
            };
            std::fs::write(dir.join(format!("{i:06}-{name}-policy.json")), format!("{policy:#}")).unwrap();
        }
    }
    for round in 1..=3 {
        let start = Instant::now();
        let mut bytes = 0;
        for entry in std::fs::read_dir(&dir).unwrap() {
            let text = std::fs::read(entry.unwrap().path()).unwrap();
            bytes += text.len();
            let value: Value = serde_json::from_slice(&text).unwrap();
            assert!(value.is_object());
        }
        let parse = start.elapsed();
        let start = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_ringfence"))
            .args(["check", "--format", "json"])
            .arg(&dir)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        let check = start.elapsed();
        assert_ne!(status.code(), Some(2));
        println!(
            "round {round}: {count} files, {:.1} MB; serde_json {:.0} ms; ringfence {:.0} ms = {:.0} files/s, {:.1} times serde_json",
            bytes as f64 / 1e6,
            parse.as_secs_f64() * 1e3,
            check.as_secs_f64() * 1e3,
            count as f64 / check.as_secs_f64(),
            check.as_secs_f64() / parse.as_secs_f64()
        );
    }
}

fn id(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}{:017x}", rng.u64(..) & 0xf_ffff_ffff_ffff)
}

fn endpoint(rng: &mut Rng, i: usize) -> Value {
    let bucket = format!("training-data-{i}");
    let mut statements = vec![
        json!({"Sid": "Training", "Effect": "Allow", "Principal": "*",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:ResourceAccount": "111122223333"}}}),
        json!({"Sid": "AmazonLinuxAMIRepositoryAccess", "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::packages.*.amazonaws.com/*", "arn:aws:s3:::repo.*.amazonaws.com/*"]}),
        json!({"Sid": "AmazonLinux2AMIRepositoryAccess", "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::amazonlinux.*.amazonaws.com/*", "arn:aws:s3:::amazonlinux-2-repos-*/*", "arn:aws:s3:::al2023-repos-*/*"]}),
    ];
    if rng.u8(..10) == 0 {
        statements[0] = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    }
    for n in 0..rng.usize(..4) {
        statements.push(json!({"Sid": format!("Extra{n}"), "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": [format!("arn:aws:s3:::models-{i}-{n}/*")], "Condition": {"StringLike": {"aws:PrincipalArn": format!("arn:aws:iam::111122223333:role/team-{n}/*")}}}));
    }
    json!({"Version": "2012-10-17", "Id": format!("endpoint-{i}"), "Statement": statements})
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
