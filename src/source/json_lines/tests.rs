#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

/// All that a stream gives, read in pieces of `step` bytes.
fn read(bytes: &[u8], step: usize) -> Vec<Lines> {
    struct Slow<'b>(&'b [u8], usize);
    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(into.len()).min(self.0.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let mut stream = Stream::new(Slow(bytes, step)).unwrap();
    std::iter::from_fn(|| stream.lines().unwrap()).collect()
}

/// A stream whose lines have these lengths.
fn lines(lengths: &[usize]) -> Vec<u8> {
    lengths.iter().flat_map(|n| std::iter::repeat_n(b'x', *n).chain([b'\n'])).collect()
}

#[test]
fn a_short_stream_is_whole() {
    for bytes in [&b""[..], b"{}", b"{}\n", b"\n\n", &lines(&[MAX_FILE_BYTES - 1])] {
        let parts = read(bytes, 1000);
        assert_eq!(parts, [Lines { bytes: bytes.to_vec(), part: None, is_last: true }]);
    }
}

#[test]
fn parts_are_whole_lines_and_together_the_stream() {
    let long = MAX_FILE_BYTES;
    let cases = [
        vec![PART; 40],
        vec![PART - 1; 40],
        vec![7; 200_000],
        vec![long - 1, 5, long - 1, 0, 0],
        vec![100, long, 100],
        vec![long, long],
        vec![PART, long + 1, 3, 4 * long, PART],
        vec![3 * long],
    ];
    for case in cases {
        for end in [true, false] {
            let mut bytes = lines(&case);
            if !end {
                bytes.pop();
            }
            let parts = read(&bytes, 50_000);
            let (mut line, mut at) = (0, 0);
            for (number, one) in parts.iter().enumerate() {
                let part = one.part.unwrap();
                assert_eq!(usize::try_from(part.bytes).unwrap(), at);
                assert_eq!(part.lines, line);
                assert!(bytes[at..].starts_with(&one.bytes));
                at += one.bytes.len();
                line += one.bytes.iter().filter(|b| **b == b'\n').count();
                if one.bytes.len() > MAX_FILE_BYTES && !one.bytes.ends_with(b"\n") {
                    assert!(!one.bytes.contains(&b'\n'), "a line that is too long stands alone");
                    let rest = bytes[at..].iter().position(|b| *b == b'\n');
                    at = rest.map_or(bytes.len(), |n| at + n + 1);
                    line += usize::from(rest.is_some());
                } else {
                    assert!(one.is_last || one.bytes.ends_with(b"\n"));
                }
                assert_eq!(one.is_last, number + 1 == parts.len());
            }
            assert_eq!(at, bytes.len(), "{} lines", case.len());
        }
    }
}

#[test]
fn what_is_wrong_on_a_line_has_its_place_and_touches_no_other() {
    let bytes = b"{\"a\": 1}\n{\"b\": \n\r\n  \n\xff{}\n{\"c\": \xfe\xfe}\r\n[] {}\n{\"d\": 2}";
    let parsed = parse_lines(bytes);
    let places: Vec<_> = parsed.errors.iter().map(|e| (e.kind, e.span.start, e.span.end)).collect();
    insta::assert_debug_snapshot!(places, @r"
    [
        (
            MissingValue,
            10,
            13,
        ),
        (
            UnclosedBrace,
            13,
            14,
        ),
        (
            InvalidUtf8,
            21,
            22,
        ),
        (
            UnexpectedToken,
            21,
            22,
        ),
        (
            InvalidUtf8,
            31,
            32,
        ),
        (
            UnexpectedToken,
            31,
            33,
        ),
        (
            MoreThanOneDocument,
            39,
            40,
        ),
    ]
    ");
    let keys = |node: &super::super::Node| {
        node.object().into_iter().flatten().map(|m| m.key.value.to_string()).collect::<Vec<_>>()
    };
    let documents: Vec<_> = parsed.documents.iter().map(|node| (node.span.start, keys(node))).collect();
    insta::assert_debug_snapshot!(documents, @r#"
    [
        (
            0,
            [
                "a",
            ],
        ),
        (
            9,
            [
                "b",
            ],
        ),
        (
            22,
            [],
        ),
        (
            25,
            [
                "c",
            ],
        ),
        (
            36,
            [],
        ),
        (
            39,
            [],
        ),
        (
            42,
            [
                "d",
            ],
        ),
    ]
    "#);
}

#[test]
fn a_line_that_is_too_long_is_told() {
    let mut bytes = vec![b'1'; MAX_FILE_BYTES + 1];
    let told = |bytes: &[u8]| parse_lines(bytes).errors.remove(0).message;
    assert_eq!(told(&bytes), "the line is longer than 1024 KiB and was not read");
    bytes[5] = b'\n';
    assert_eq!(told(&bytes), "the file is longer than 1024 KiB and was not read");
}
