//! Values taken out of a text that is shown to others.

/// The text with something else in the place of each value. Of several that begin in one place the longest goes, so that
/// one which is part of another leaves nothing of that one behind.
pub(crate) fn hide(text: &str, values: &[(&str, &str)]) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let here = values.iter().filter(|(value, _)| !value.is_empty() && rest.starts_with(value));
        if let Some((value, instead)) = here.max_by_key(|(value, _)| value.len()) {
            shown.push_str(instead);
            rest = &rest[value.len()..];
        } else {
            shown.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn a_value_that_is_part_of_another_leaves_nothing_behind() {
        let values = [("x", "…"), ("", "?"), ("fake-0123x4567", "…4567"), ("é", "e")];
        assert_eq!(hide("password fake-0123x4567 é x\n", &values), "password …4567 e …\n");
    }
}
