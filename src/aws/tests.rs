use std::collections::{BTreeMap, BTreeSet};

use super::ResourceType as R;
use super::*;

fn key(name: &str) -> &'static ConditionKey {
    condition_key(name).unwrap_or_else(|| panic!("no key `{name}`"))
}

fn act(name: &str) -> &'static Action {
    action(name).unwrap_or_else(|| panic!("no action `{name}`"))
}

fn has(action: &str, name: &str) -> bool {
    act(action).has_key(key(name))
}

#[test]
fn every_data_line_is_read() {
    let problems =
        [actions::problems(), keys::problems(), partitions::problems(), repositories::problems()].concat();
    assert_eq!(problems, [""; 0]);
}

#[test]
fn every_data_file_names_its_source() {
    for text in [
        include_str!("data/action-aliases.tsv"),
        include_str!("data/actions.tsv"),
        include_str!("data/condition-keys.tsv"),
        include_str!("data/key-aliases.tsv"),
        include_str!("data/key-groups.tsv"),
        include_str!("data/partitions.tsv"),
        include_str!("data/repositories.tsv"),
        include_str!("data/resource-types.tsv"),
        include_str!("data/service-buckets.tsv"),
    ] {
        let head: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(head.contains("Source"), "{head}");
    }
}

#[test]
fn a_malformed_line_is_a_problem_and_not_a_row() {
    let table = table::Table::parse("f", "# head\na\tb\na\na\tb\tc\nx\ty\n", |[first, _], index| {
        if first == "x" { Err("bad".to_owned()) } else { Ok(index) }
    });
    assert_eq!(table.rows, [0]);
    assert_eq!(table.problems, ["f:3: not 2 fields", "f:4: not 2 fields", "f:5: bad"]);
}

fn sorted_and_unique<'n>(names: impl Iterator<Item = &'n str>) {
    let names: Vec<&str> = names.collect();
    for pair in names.windows(2) {
        assert!(table::compare(pair[0], pair[1]).is_lt(), "`{}` before `{}`", pair[0], pair[1]);
    }
}

#[test]
fn the_actions_are_the_180_of_the_reference() {
    assert_eq!(actions().len(), 180);
    sorted_and_unique(actions().iter().map(|action| action.name));
    for (index, action) in actions().iter().enumerate() {
        assert_eq!(action.index, index);
        assert!(std::ptr::eq(act(action.name), action));
        assert!(std::ptr::eq(act(&action.name.to_ascii_uppercase()), action));
        assert!(
            ["List", "Read", "Write", "Tagging", "Permissions management"].contains(&action.access),
            "{action:?}"
        );
        sorted_and_unique(action.resources.iter().map(|resource| resource.name()));
    }
}

#[test]
fn actions_by_resource_type_are_as_counted() {
    let mut counts: BTreeMap<Vec<ResourceType>, usize> = BTreeMap::new();
    for action in actions() {
        *counts.entry(action.resources.to_vec()).or_default() += 1;
    }
    let count = |types: &[ResourceType]| counts.get(types).copied().unwrap_or(0);
    assert_eq!(count(&[]), 15);
    assert_eq!(count(&[R::Bucket]), 52);
    assert_eq!(count(&[R::AccessPointObject, R::Object]), 34);
    assert_eq!(count(&[R::Object]), 10);
    assert_eq!(count(&[R::AccessPoint, R::Bucket]), 7);
    assert_eq!(
        count(&[R::AccessGrant]) + count(&[R::AccessGrantsInstance]) + count(&[R::AccessGrantsLocation]),
        20
    );
    assert_eq!(count(&[R::ObjectLambdaAccessPoint]), 9);
    assert_eq!(count(&[R::MultiRegionAccessPoint]) + count(&[R::MultiRegionAccessPointRequest]), 9);
    assert_eq!(count(&[R::AccessPoint]), 6);
    assert_eq!(count(&[R::Job]), 6);
    assert_eq!(count(&[R::StorageLensConfiguration]) + count(&[R::StorageLensGroup]), 9);
    let tagging: Vec<&str> = actions().iter().filter(|a| a.resources.len() > 2).map(|a| a.name).collect();
    assert_eq!(tagging, ["ListTagsForResource", "TagResource", "UntagResource"]);
    assert!(act("ListAllMyBuckets").resources.is_empty());
}

#[test]
fn resource_types_have_their_arn_formats() {
    assert_eq!(ResourceType::Bucket.arn_format(), "arn:${Partition}:s3:::${BucketName}");
    assert_eq!(ResourceType::Object.arn_format(), "arn:${Partition}:s3:::${BucketName}/${ObjectName}");
    for resource in ResourceType::ALL {
        assert!(resource.arn_format().starts_with("arn:${Partition}:s3"), "{resource:?}");
        assert!(actions().iter().any(|action| action.applies_to(resource)), "{resource:?}");
    }
}

#[test]
fn the_keys_are_complete_and_sorted() {
    sorted_and_unique(condition_keys().iter().map(|key| key.name));
    let listed: Vec<_> = condition_keys().iter().filter(|key| key.listed.is_some()).collect();
    assert_eq!(listed.len(), 64);
    assert_eq!(listed.iter().filter(|key| key.name.starts_with("s3:")).count(), 61);
    assert!(condition_keys().iter().all(|key| !key.name.starts_with("s3:") || key.listed.is_some()));
    assert_eq!(condition_keys().iter().filter(|key| key.name.starts_with("aws:")).count(), 52 + 1);
    for (index, key) in condition_keys().iter().enumerate() {
        assert_eq!(key.index, index);
        assert!(std::ptr::eq(tests::key(&key.name.to_ascii_uppercase()), key));
        assert_eq!(key.key_type == KeyType::Bool, *key.values == ["true", "false"], "{}", key.name);
        assert_eq!(key.values.iter().collect::<BTreeSet<_>>().len(), key.values.len(), "{}", key.name);
        assert!(!key.summary.is_empty() && !key.summary.ends_with('.'), "{}", key.name);
    }
    let numbers: Vec<u8> = listed.iter().filter_map(|key| key.listed).collect();
    assert_eq!(numbers, (0..64).collect::<Vec<u8>>());
}

#[test]
fn every_listed_key_is_carried_by_some_action() {
    for key in condition_keys().iter().filter(|key| key.listed.is_some()) {
        assert!(actions().iter().any(|action| action.has_key(key)), "{}", key.name);
    }
}

#[test]
fn multivalued_and_sensitive_keys_are_the_documented_ones() {
    let names = |wanted: fn(&ConditionKey) -> bool| -> Vec<&str> {
        condition_keys().iter().filter(|key| wanted(key)).map(|key| key.name).collect()
    };
    assert_eq!(
        names(|key| key.multivalued),
        [
            "aws:CalledVia",
            "aws:PrincipalOrgPaths",
            "aws:PrincipalServiceNamesList",
            "aws:ResourceOrgPaths",
            "aws:SourceOrgPaths",
            "aws:TagKeys",
            "aws:VpceOrgPaths",
            "cognito-identity.amazonaws.com:amr",
            "s3:InventoryAccessibleOptionalFields",
            "s3:RequestObjectTagKeys",
        ]
    );
    assert_eq!(
        names(|key| key.sensitive),
        [
            "aws:PrincipalAccount",
            "aws:PrincipalOrgID",
            "aws:ResourceAccount",
            "aws:ResourceOrgID",
            "aws:SourceAccount",
            "aws:SourceOrgID",
            "aws:SourceVpc",
            "aws:SourceVpce",
            "aws:VpceAccount",
            "aws:VpceOrgID",
        ]
    );
    assert_eq!(
        names(|key| key.presence == Presence::Endpoint),
        ["aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpceAccount", "aws:VpcSourceIp",]
    );
    assert_eq!(
        names(|key| key.variable_part),
        [
            "aws:PrincipalTag/",
            "aws:RequestTag/",
            "aws:ResourceTag/",
            "s3:AccessPointTag/",
            "s3:BucketTag/",
            "s3:ExistingObjectTag/",
            "s3:RequestObjectTag/",
        ]
    );
    assert_eq!(names(|key| key.other_type.is_some()), ["aws:EpochTime", "aws:FederatedProvider"]);
}

#[test]
fn families_are_found_with_their_tag() {
    assert_eq!(key("AWS:principaltag/Team/a").name, "aws:PrincipalTag/");
    assert_eq!(key("s3:ExistingObjectTag/x").name, "s3:ExistingObjectTag/");
    for unknown in
        ["aws:PrincipalTag", "aws:SourceVpce/x", "/", "", "aws:", "aws:SourceVpce ", "aws:Sourcé/x"]
    {
        assert!(condition_key(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn actions_carry_the_keys_they_list_and_the_global_ones() {
    assert!(has("ListBucket", "s3:prefix"));
    assert!(!has("GetObject", "s3:prefix"));
    assert!(has("GetObject", "aws:SourceVpce"));
    assert!(!has("GetObject", "aws:IsMcpServiceAction"));
    assert!(has("GetObject", "s3:ExistingObjectTag/team"));
    // Through its resource types: an access point, a bucket's tags.
    assert!(has("GetObject", "s3:DataAccessPointArn"));
    assert!(!has("DeleteBucketPolicy", "s3:DataAccessPointArn"));
    assert!(has("DeleteBucketPolicy", "s3:BucketTag/x"));
    assert!(!has("ListAllMyBuckets", "aws:RequestTag/x"));
    assert!(has("CreateBucket", "aws:RequestTag/x"));
    let missing = |name| actions().iter().filter(|action| !action.has_key(key(name))).count();
    assert_eq!(missing("s3:ResourceAccount"), 2);
    assert_eq!(missing("s3:TlsVersion"), 3);
    assert_eq!(missing("s3:signatureversion"), 3);
    assert_eq!(act("PutAccessPointPublicAccessBlock").listed_keys().count(), 0);
    assert!(act("GetObject").listed_keys().any(|key| key.name == "s3:authType"));
}

#[test]
fn wrong_action_names_lead_to_real_ones() {
    for (wrong, right) in [
        ("ListObjects", "ListBucket"),
        ("listobjectsv2", "ListBucket"),
        ("HeadObject", "GetObject"),
        ("ListBuckets", "ListAllMyBuckets"),
        ("CopyObject", "PutObject"),
        ("DeleteObjects", "DeleteObject"),
        ("CreateMultipartUpload", "PutObject"),
        ("GetBucketEncryption", "GetEncryptionConfiguration"),
        ("GetObjct", "GetObject"),
        ("PutBucketPolcy", "PutBucketPolicy"),
        ("getobject", "GetObject"),
    ] {
        assert_eq!(nearest_action(wrong), Some(right), "{wrong}");
    }
    for hopeless in ["", "X", "RunInstances", "Get*", "Ĝ", "AssumeRole"] {
        assert_eq!(nearest_action(hopeless), None, "{hopeless}");
    }
    for (alias, _) in actions::aliases() {
        assert!(action(alias).is_none(), "{alias}");
    }
}

#[test]
fn wrong_key_names_lead_to_real_ones() {
    for (wrong, right) in [
        ("SourceVpce", "aws:SourceVpce"),
        ("aws:SourceVPCEndpoint", "aws:SourceVpce"),
        ("s3:SourceVpce", "aws:SourceVpce"),
        ("aws:PrincpalAccount", "aws:PrincipalAccount"),
        ("aws:SoureVpc", "aws:SourceVpc"),
        ("aws:prefix", "s3:prefix"),
        ("aws:PrincipalTag", "aws:PrincipalTag/"),
        ("aws:PrincipleTag/team", "aws:PrincipalTag/"),
        ("aws:VpcId", "aws:SourceVpc"),
        ("lambda:SourceFunctionArns", "lambda:SourceFunctionArn"),
        ("aws:sourceip", "aws:SourceIp"),
    ] {
        assert_eq!(nearest_condition_key(wrong), Some(right), "{wrong}");
    }
    for hopeless in ["", ":", "/", "kms:ViaService", "token.actions.githubusercontent.com:sub", "é/é"] {
        assert_eq!(nearest_condition_key(hopeless), None, "{hopeless}");
    }
    for (alias, _) in keys::aliases() {
        assert!(condition_key(&format!("aws:{alias}")).is_none(), "{alias}");
    }
}

#[test]
fn partitions_know_their_regions() {
    assert_eq!(partitions().len(), 8);
    sorted_and_unique(partitions().iter().map(|partition| partition.name));
    let mut seen = BTreeSet::new();
    for partition in partitions() {
        assert!(!partition.regions.is_empty());
        for pair in partition.regions.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        for region in &partition.regions {
            assert!(seen.insert(*region), "{region} is in two partitions");
            assert_eq!(partition_of_region(region).map(|found| found.name), Some(partition.name));
        }
    }
    assert_eq!(partition("aws-cn").map(|found| found.dns_suffix), Some("amazonaws.com.cn"));
    assert_eq!(partition_of_region("us-gov-west-1").map(|found| found.name), Some("aws-us-gov"));
    assert!(partition_of_region("aws-global").is_none());
    assert!(partition("AWS").is_none());
}

#[test]
fn repository_buckets_are_recognised() {
    let documented: Vec<&str> = repositories().iter().filter(|r| r.documented).map(|r| r.bucket).collect();
    assert_eq!(
        documented,
        [
            "packages.${region}.amazonaws.com",
            "repo.${region}.amazonaws.com",
            "amazonlinux.${region}.amazonaws.com",
        ]
    );
    assert!(
        repositories()
            .iter()
            .all(|r| r.bucket.contains("${region}") && !r.bucket_in("us-east-1").contains('$'))
    );
    assert!(repositories().iter().all(|r| is_aws_owned_bucket_pattern(&r.bucket_in("*"))));
    for (name, distribution) in [
        ("packages.*.amazonaws.com", "Amazon Linux AMI"),
        ("amazonlinux.eu-west-1.amazonaws.com", "Amazon Linux 2"),
        ("amazonlinux-2-repos-${AWS::Region}", "Amazon Linux 2"),
        ("al2023-repos-us-east-1-de612dc2", "Amazon Linux 2023"),
        ("al2023-cn-north-1", "Amazon Linux 2023"),
    ] {
        assert_eq!(repository_of_bucket(name).map(|found| found.distribution), Some(distribution), "{name}");
    }
    for owned in [
        "prod-us-east-1-starport-layer-bucket",
        "prod-*-starport-layer-bucket",
        "aws-cli",
        "assets-123456789012-us-east-1",
    ] {
        assert!(is_aws_owned_bucket_pattern(owned), "{owned}");
    }
    for other in [
        "",
        "*",
        "my-bucket",
        "packages.evil",
        "assets-team-us-east-1",
        "al2023-tools",
        "aws-cli2",
        "sagemaker-us-east-1-123456789012",
        "é",
    ] {
        assert!(!is_aws_owned_bucket_pattern(other), "{other}");
    }
    assert_eq!(repositories::service_buckets().len(), 53);
}
