use super::Folder;

#[test]
fn every_rule_is_listed_and_explained() {
    let folder = Folder::new();
    let table = folder.run(&["rules"]);
    assert_eq!(table.code, 0);
    let rules = folder.run(&["rules", "--format", "json"]).json();
    let rules = rules.as_array().unwrap();
    assert!(rules.len() >= 10);
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        assert!(table.out.lines().any(|l| l.starts_with(id)), "{id}");
        let outcome = folder.run(&["explain", id]);
        assert_eq!(outcome.code, 0, "{id}: {}", outcome.err);
        assert!(outcome.out.starts_with(&format!("{id}: ")), "{}", outcome.out);
    }
}

#[test]
fn a_misspelt_rule_is_met_with_what_was_meant() {
    let outcome = Folder::new().run(&["explain", "bucket-vpc-onyl"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (2, ""));
    insta::assert_snapshot!(outcome.err, @"
    error: there is no rule `bucket-vpc-onyl`
      help: did you mean `bucket-vpc-only`? `ringfence rules` lists them all
    ");
}

#[test]
fn the_examples_of_the_built_in_rules_pass() {
    let outcome = Folder::new().run(&["test"]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.ends_with(" passed, 0 failed\n"), "{}", outcome.out);
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let outcome = folder.run(&["completions", shell]);
        assert_eq!(outcome.code, 0);
        assert!(outcome.out.contains("simulate"), "{shell}");
    }
    assert!(folder.run(&["man"]).out.contains(".TH ringfence 1"));
    assert!(folder.run(&["man", "check"]).out.contains("ringfence\\-check"));
    assert_eq!(folder.run(&["man", "chek"]).code, 2);
}

#[test]
fn every_command_has_help_with_examples() {
    let folder = Folder::new();
    let help = folder.run(&["--help"]);
    assert_eq!(help.code, 0);
    for command in ["check", "simulate", "explain", "rules", "test", "completions", "man"] {
        assert!(help.out.contains(&format!("\n  {command}")), "{command}");
        assert_eq!(folder.run(&[command, "--help"]).code, 0, "{command}");
    }
}
