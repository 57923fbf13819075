//! How wide the columns of a table are.

/// Widths that together are `all`: a column that needs no more than its share gets what it needs, the others share what is left. If all
/// have enough, what is left over is theirs in proportion to what they need.
pub fn columns(needed: &[f32], all: f32) -> Vec<f32> {
    let sum: f32 = needed.iter().sum();
    if sum > 0.0 && sum <= all {
        return needed.iter().map(|width| width * all / sum).collect();
    }
    let mut widths: Vec<Option<f32>> = vec![None; needed.len()];
    loop {
        let open: Vec<usize> = (0..needed.len()).filter(|at| widths[*at].is_none()).collect();
        let left = (all - widths.iter().flatten().sum::<f32>()).max(0.0);
        let share = left / open.len().max(1) as f32;
        let modest: Vec<usize> = open.iter().copied().filter(|at| needed[*at] <= share).collect();
        if modest.is_empty() {
            open.iter().for_each(|at| widths[*at] = Some(share));
            return widths.into_iter().flatten().collect();
        }
        modest.iter().for_each(|at| widths[*at] = Some(needed[*at]));
    }
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_have_what_they_need_and_of_the_rest_in_proportion() {
        assert_eq!(columns(&[10.0, 20.0, 20.0], 100.0), [20.0, 40.0, 40.0]);
    }

    #[test]
    fn a_column_that_needs_too_much_leaves_the_others_what_they_need() {
        assert_eq!(columns(&[10.0, 500.0, 20.0], 100.0), [10.0, 70.0, 20.0]);
        assert_eq!(columns(&[10.0, 500.0, 600.0], 100.0), [10.0, 45.0, 45.0]);
    }

    #[test]
    fn there_may_be_no_columns() {
        assert_eq!(columns(&[], 100.0), [0.0; 0]);
    }
}
