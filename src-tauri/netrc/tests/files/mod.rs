//! Random files, made of words and gaps that curl or the Heroku CLI treats specially.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn file() -> impl Strategy<Value = Vec<u8>> {
    let words = select(vec![
        "machine",
        "machine",
        "Machine",
        "login",
        "password",
        "account",
        "default",
        "macdef",
        "a.example",
        "A.EXAMPLE",
        "b.example",
        "c.example",
        "#",
        "# machine a.example",
        "#note",
        "\"q w\"",
        "\"a\\\"b\"",
        "\"x\n# y\nz\"",
        "\"open",
        "\"\"",
        "\"a.example\"",
        "port",
        "secret",
        "l",
        "me\u{e9}",
        "p#q",
        "x\"y",
        "\\",
        "\0",
        "machine a.example",
        "machine b.example",
        "login ann",
        "password p",
        "machine a.example\n  login ann\n  password p\n",
        "machine a.example login ann password p",
        "machine b.example login bob password q",
        "machine b.example\n\tlogin bob\n\tpassword q",
        "\nmacdef m\nmachine a.example login m password m\n\n",
    ]);
    let gaps = select(vec![
        " ", " ", "\n", "\n", "\n  ", "\n  ", "\n\t", "\n\n", "\r\n", "\r\n  ", "\r", "\t", " \n", "\n# c\n",
        "\u{a0}", "\u{2028}", "",
    ]);
    let bom = prop_oneof![9 => Just(""), 1 => Just("\u{feff}")];
    let stray_byte = prop_oneof![9 => Just(None), 1 => any::<(usize, u8)>().prop_map(Some)];
    (bom, vec((words, gaps), 0..20), stray_byte).prop_map(|(bom, pieces, stray_byte)| {
        let text: String = pieces.into_iter().flat_map(|(word, gap)| [word, gap]).collect();
        let mut bytes = [bom, &text].concat().into_bytes();
        if let Some((index, byte)) = stray_byte {
            let index = index % (bytes.len() + 1);
            bytes.insert(index, byte);
        }
        bytes
    })
}
