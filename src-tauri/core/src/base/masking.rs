//! Hides values in a text that others will see.

/// Replaces each value, the first of a pair, by its mask, the second. If several values start at one place, the longest
/// is replaced: otherwise a value that is the beginning of another would leave the other's rest visible.
pub(crate) fn hide(text: &str, values: &[(&str, &str)]) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let here = values.iter().filter(|(value, _)| !value.is_empty() && rest.starts_with(value));
        if let Some((value, mask)) = here.max_by_key(|(value, _)| value.len()) {
            masked.push_str(mask);
            rest = &rest[value.len()..];
        } else {
            masked.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn the_longest_value_is_replaced() {
        let values = [("x", "…"), ("", "?"), ("fake-0123x4567", "…4567"), ("é", "e")];
        assert_eq!(hide("password fake-0123x4567 é x\n", &values), "password …4567 e …\n");
    }
}
