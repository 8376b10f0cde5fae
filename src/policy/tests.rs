use super::*;
use crate::source::parse;

fn principal(json: &str) -> PrincipalPattern {
    let text = format!(r#"{{"Statement": {{"Effect": "Allow", "Principal": {json}}}}}"#);
    let policy = lower(&parse(text.as_bytes()).documents[0], PolicyKind::Bucket);
    policy.statements[0].principal.as_ref().unwrap().values[0].pattern.clone()
}

/// A caller that a policy names can be written into a request, and read there again as what it is.
#[test]
fn what_no_request_can_say_is_no_caller() {
    let id = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let canonical = |id: &str| principal(&format!(r#"{{"CanonicalUser": "{id}"}}"#));
    let service = |name: &str| principal(&format!(r#"{{"Service": "{name}"}}"#));
    assert_eq!(canonical(id), PrincipalPattern::CanonicalUser(id.into()));
    for name in ["logging.s3.amazonaws.com", "a_b.amazonaws.com"] {
        assert_eq!(service(name), PrincipalPattern::Service(name.into()));
    }
    for other in ["", "*", "111122223333", "arn:aws:iam::111122223333:role/R", "?.amazonaws.com", "a..com"] {
        assert!(matches!(canonical(other), PrincipalPattern::Unreadable(_)), "{other}");
        assert!(matches!(service(other), PrincipalPattern::Unreadable(_)), "{other}");
    }
}
