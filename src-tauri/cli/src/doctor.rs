//! `herokey doctor`: find problems on this machine, fix them and undo fixes.

use std::io::{self, Write};
use std::path::Path;

use herokey_core::Env;
use herokey_core::action;
use herokey_core::action::{Action, Done, LogIn, PlannedEdit, Runner};
use herokey_core::base::error::{Code, Error};
use herokey_core::base::person::Nobody;
use herokey_core::insight::diagnose::{Problem, diagnose};
use herokey_core::insight::facts::Facts;
use herokey_core::insight::readers::resolve;
use herokey_core::insight::remedy::Remedy;
use herokey_core::insight::report;
use herokey_core::ledger::undo;
use herokey_core::stores::netrc_choice;
use herokey_core::survey::{named_paths, survey_in, survey_with_shell};
use serde_json::{Value, json};

use crate::args::Doctor;
use crate::style::{self, Style};
use crate::suggest;
use crate::terminal::{self, perform, say, with_runner};
use crate::{Failure, in_folder, status};

/// More fixes than a machine needs. Stops two fixes that undo each other from running forever.
const MAX_FIXES: usize = 50;

pub(crate) fn run(env: &Env, args: &Doctor) -> Result<(), Failure> {
    if args.undo {
        return undo_last(env);
    }
    if !args.offline {
        // Herokey records what Heroku says about the token, and the survey includes it.
        status::ask_heroku(env);
    }
    let machine = env;
    let env = &args.folder.as_ref().map_or_else(|| env.clone(), |folder| env.in_folder(folder.clone(), None));
    let find = || find_problems(machine, args.folder.as_deref());
    let fixes = match &args.fix {
        None => Fixes::default(),
        Some(None) => fix_all(env, &find, |problem| problem.safe),
        Some(Some(code)) => fix_code(env, &find, code)?,
    };
    let (facts, problems) = find();
    let mut out = terminal::stdout();
    let printed = if args.report {
        write!(out, "{}", report::text(&facts, &env.home(), &named_paths(env)))
    } else if args.json {
        writeln!(out, "{:#}", json_report(env, &problems, &fixes))
    } else {
        print(&mut out, env, &problems, args)
    };
    // A fix that failed matters more than output that nobody reads.
    fixes.failure().map_or_else(|| Ok(printed?), |error| Err(error.into()))
}

/// What `--fix` did.
#[derive(Default)]
struct Fixes {
    done: Vec<(&'static str, Done)>,
    failed: Vec<(&'static str, Error)>,
}

impl Fixes {
    /// The first failure. If other fixes succeeded, its code is [`Code::PartlyDone`].
    fn failure(self) -> Option<Error> {
        let (code, error) = self.failed.into_iter().next()?;
        if self.done.is_empty() {
            return Some(error);
        }
        let what = format!("Some fixes worked, but the one for {code} failed. {}", error.what);
        Some(
            Error::new(Code::PartlyDone, what)
                .means(error.means)
                .same_next_step(&error.next_step)
                .detail(error.detail),
        )
    }
}

/// Fixes every problem with one code, such as two netrc records that both have it.
fn fix_code(env: &Env, find: &impl Fn() -> Found, code: &str) -> Result<Fixes, Failure> {
    let found = find().1;
    let Some(problem) = found.iter().find(|problem| problem.code == code) else {
        let error = Error::new(Code::CannotFix, format!("There is no problem `{code}` on this machine."))
            .means("Nothing was changed.")
            .next_step("Run `herokey doctor` to list the problems.");
        let meant = suggest::closest(code, found.iter().map(|problem| problem.code));
        return Err(meant.map_or_else(|| error.clone(), |meant| suggest::did_you_mean(&error, meant)).into());
    };
    if problem.remedy.is_none() {
        return Err(Error::new(Code::PersonNeeded, format!("{}: only you can fix this.", problem.title))
            .means("Nothing was changed.")
            .same_next_step(problem.next_step.text())
            .into());
    }
    Ok(fix_all(env, find, |problem| problem.code == code))
}

/// Applies each wanted problem's remedy once, and surveys the machine again after each.
fn fix_all(env: &Env, find: &impl Fn() -> Found, wanted: impl Fn(&Problem) -> bool) -> Fixes {
    let mut fixes = Fixes::default();
    let mut tried: Vec<Remedy> = Vec::new();
    for _ in 0..MAX_FIXES {
        let next = find().1.into_iter().filter(&wanted).find_map(|problem| {
            let remedy = problem.remedy?;
            (!tried.contains(&remedy)).then_some((problem.code, remedy))
        });
        let Some((code, remedy)) = next else { break };
        fix_one(env, code, &remedy, &mut fixes);
        tried.push(remedy);
    }
    fixes
}

fn fix_one(env: &Env, code: &'static str, remedy: &Remedy, fixes: &mut Fixes) {
    match with_runner(env, &Nobody, |runner| apply(runner, remedy)) {
        Ok(done) => {
            let nothing_left =
                || Done { what: "There was nothing left to do.".to_owned(), note: String::new() };
            let done = done.unwrap_or_else(nothing_left);
            say(&format!("{} {} [{code}]", Style::Fine.paint('✓'), done.what));
            if !done.note.is_empty() {
                say(&format!("  {}", done.note));
            }
            fixes.done.push((code, done));
        }
        Err(error) => {
            say(&format!("{} {} [{code}]", Style::Error.paint('✗'), error.what));
            fixes.failed.push((code, error));
        }
    }
}

/// Applies a problem's remedy. `None` if there was nothing left to do.
fn apply(runner: &Runner<'_>, remedy: &Remedy) -> herokey_core::Result<Option<Done>> {
    let action = match remedy {
        Remedy::LogIn => Action::LogIn(LogIn::default()),
        Remedy::Fix(fix) => Action::Fix(fix.clone()),
        Remedy::Move { to } => Action::Move { to: *to, keep_copy: false },
        Remedy::Link { account } => Action::Link { account: account.clone() },
        Remedy::SetGitHelper => Action::SetGitHelper,
        Remedy::FinishAction => return action::finish(runner),
        Remedy::KeepInNetrc => return netrc_choice::set(runner.env, true).map(|()| None),
    };
    action::perform(runner, &action).map(Some)
}

fn undo_last(env: &Env) -> Result<(), Failure> {
    perform(env, &Nobody, &Action::Undo { at: None })?;
    if let Ok(next) = undo::last(env) {
        say(&format!(
            "Run `herokey doctor --undo` again to undo the change before it, in {}.",
            next.place(env)
        ));
    }
    Ok(())
}

/// The facts and the problems that follow from them.
type Found = (Facts, Vec<Problem>);

/// The problems of the machine, or of a folder on it.
fn find_problems(machine: &Env, folder: Option<&Path>) -> Found {
    let problems = |facts: Facts| {
        let problems = diagnose(&facts, &resolve(&facts));
        (facts, problems)
    };
    let Some(folder) = folder else { return problems(survey_with_shell(machine)) };
    let (facts, mut found) = problems(survey_in(machine, folder));
    let (_, elsewhere) = problems(survey_with_shell(machine));
    in_folder::require_manual_fix(machine, folder, &mut found, &elsewhere);
    (facts, found)
}

/// The edits that a problem's fix makes to files. Empty if it changes no file or no longer applies.
fn changes(env: &Env, problem: &Problem) -> Vec<PlannedEdit> {
    match &problem.remedy {
        Some(Remedy::Fix(fix)) => action::plan_fix(env, fix).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn print(out: &mut impl Write, env: &Env, problems: &[Problem], args: &Doctor) -> io::Result<()> {
    if problems.is_empty() {
        return writeln!(out, "{}", Style::Fine.paint("No problems found."));
    }
    if args.fix.is_some() {
        writeln!(out, "Left for you to decide:")?;
    }
    for problem in problems {
        let title = Style::from(problem.severity).paint(&problem.title);
        writeln!(out, "{title} [{}]", problem.code)?;
        writeln!(out, "  {}", problem.message)?;
        writeln!(out, "  Fix: {}", problem.next_step.text().replace('\n', "\n    "))?;
        if !problem.effect.is_empty() {
            writeln!(out, "    {}", problem.effect)?;
        }
        for change in changes(env, problem) {
            writeln!(out, "    {}:{}", style::file(env, &change.file), change.line)?;
            for (sign, text) in [('-', &change.before), ('+', &change.after)] {
                text.lines().try_for_each(|line| writeln!(out, "      {sign} {line}"))?;
            }
        }
    }
    if args.fix.is_none() && problems.iter().any(|problem| problem.safe) {
        let codes: Vec<_> =
            problems.iter().filter(|problem| problem.safe).map(|problem| problem.code).collect();
        writeln!(out, "\nRun `herokey doctor --fix` to fix {} without losing anything.", codes.join(", "))?;
    }
    Ok(())
}

fn json_report(env: &Env, problems: &[Problem], fixes: &Fixes) -> Value {
    let change = |change: PlannedEdit| json!({ "file": change.file, "line": change.line, "before": change.before, "after": change.after });
    let problem = |problem: &Problem| {
        json!({
            "code": problem.code,
            "severity": problem.severity,
            "title": problem.title,
            "message": problem.message,
            "fix": problem.next_step.text(),
            "does": problem.effect,
            "safe": problem.safe,
            "changes": changes(env, problem).into_iter().map(change).collect::<Vec<_>>(),
        })
    };
    let done =
        fixes.done.iter().map(|(code, done)| json!({ "code": code, "what": done.what, "note": done.note }));
    let failed = fixes.failed.iter().map(|(code, error)| json!({ "code": code, "error": error }));
    json!({
        "schema": 1,
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "fixed": done.collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
        "undo": undo::last(env).ok().map(|undo| json!({ "what": undo.what, "file": undo.place(env) })),
    })
}
