//! The built-in rules against the files that they are made from.

use super::*;

#[test]
fn the_data_in_the_program_says_what_the_files_say() {
    let set = builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for rule in set.rules() {
        let path = folder.join(format!("{}.json", rule.id));
        let bytes = std::fs::read(path).unwrap();
        let mut read = if let Body::Check(_) = rule.body {
            assert!(
                user_rule("file", &bytes).is_err(),
                "{}: nobody else may use a check of the program",
                rule.id
            );
            let mut rule = super::rule(serde_json::from_slice(&bytes).unwrap()).unwrap();
            rule.keep_words(&parse(&bytes).documents[0], std::str::from_utf8(&bytes).unwrap());
            rule
        } else {
            user_rule("file", &bytes).unwrap().0
        };
        read.builtin = true;
        assert_eq!(read.examples().unwrap(), rule.examples().unwrap(), "{}", rule.id);
        assert_eq!(read.requests(), rule.requests(), "{}", rule.id);
        // The texts of these may differ in blanks.
        read.requests = rule.requests.clone();
        read.examples = rule.examples.clone();
        if let (Body::Schema(read), Body::Schema(rule)) = (&mut read.body, &rule.body) {
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(json(read), json(rule));
            read.clone_from(rule);
        }
        // Sets that cannot be read would be missing.
        assert_eq!(format!("{read:#?}"), format!("{rule:#?}"));
    }
}
