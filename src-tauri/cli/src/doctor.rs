//! `herokey doctor`: what is wrong on this machine, what mends it, and mending it.

use std::io::{self, Write};

use herokey_core::Env;
use herokey_core::action;
use herokey_core::action::{Action, Change, Done, LogIn, Runner};
use herokey_core::base::error::{Code, Error};
use herokey_core::base::person::Nobody;
use herokey_core::insight::diagnose::{Problem, Severity, diagnose};
use herokey_core::insight::facts::Facts;
use herokey_core::insight::readers::resolve;
use herokey_core::insight::remedy::Remedy;
use herokey_core::insight::report;
use herokey_core::ledger::undo;
use herokey_core::stores::netrc_choice;
use herokey_core::survey::{survey_in, survey_with_shell};
use serde_json::{Value, json};

use crate::args::Doctor;
use crate::terminal::{perform, say, with_runner};
use crate::{Failure, in_folder, status};

/// More fixes than a machine can need, should one of them bring back what another has mended.
const MOST: usize = 50;

pub(crate) fn run(env: &Env, args: &Doctor) -> Result<(), Failure> {
    if args.undo {
        return take_back(env);
    }
    if !args.offline {
        // What Heroku says of the token is remembered, and so among the facts.
        status::ask_heroku(env);
    }
    let mended = match &args.fix {
        None => Mended::default(),
        Some(None) => mend_safe(env),
        Some(Some(code)) => mend_one(env, code)?,
    };
    let facts = match &args.folder {
        Some(folder) => survey_in(env, folder),
        None => survey_with_shell(env),
    };
    let mut found = diagnose(&facts, &resolve(&facts));
    if let Some(folder) = &args.folder {
        in_folder::leave_to_the_person(env, folder, &mut found, &problems(env));
    }
    let problems = found;
    let mut out = anstream::stdout();
    if args.report {
        write!(out, "{}", report::text(&facts, &env.home()))?;
    } else if args.json {
        writeln!(out, "{:#}", json_report(env, &problems, &mended))?;
    } else {
        print(&mut out, env, &problems, args)?;
    }
    mended.failure().map_or(Ok(()), |error| Err(error.into()))
}

/// What `--fix` came to.
#[derive(Default)]
struct Mended {
    done: Vec<(&'static str, Done)>,
    failed: Vec<(&'static str, Error)>,
}

impl Mended {
    /// One failure is itself; beside what was mended it leaves the whole partly done.
    fn failure(self) -> Option<Error> {
        let (code, error) = self.failed.into_iter().next()?;
        if self.done.is_empty() {
            return Some(error);
        }
        let left = format!("Not everything could be mended: {code} is left. {}", error.what);
        Some(
            Error::new(Code::PartlyDone, left)
                .means(error.means)
                .next_step(error.next_step)
                .detail(error.detail),
        )
    }
}

fn mend_safe(env: &Env) -> Mended {
    mend_all(env, |problem| problem.safe)
}

/// Each problem of one code: two records of netrc, say.
fn mend_one(env: &Env, code: &str) -> Result<Mended, Failure> {
    let Some(problem) = problems(env).into_iter().find(|problem| problem.code == code) else {
        return Err(Error::new(Code::CannotFix, format!("This machine does not have the problem `{code}`."))
            .means("Nothing was changed.")
            .next_step("`herokey doctor` lists the problems that it has.")
            .into());
    };
    if problem.remedy.is_none() {
        return Err(Error::new(Code::PersonNeeded, format!("{}: only you can mend this.", problem.title))
            .means("Nothing was changed.")
            .next_step(problem.next_step.text())
            .into());
    }
    Ok(mend_all(env, |problem| problem.code == code))
}

/// Mends what is wanted, each once, and looks again after each.
fn mend_all(env: &Env, wanted: impl Fn(&Problem) -> bool) -> Mended {
    let mut mended = Mended::default();
    let mut tried: Vec<Remedy> = Vec::new();
    for _ in 0..MOST {
        let next = problems(env).into_iter().filter(&wanted).find_map(|problem| {
            let remedy = problem.remedy?;
            (!tried.contains(&remedy)).then_some((problem.code, remedy))
        });
        let Some((code, remedy)) = next else { break };
        mend(env, code, &remedy, &mut mended);
        tried.push(remedy);
    }
    mended
}

fn mend(env: &Env, code: &'static str, remedy: &Remedy, mended: &mut Mended) {
    match with_runner(env, &Nobody, |runner| apply(runner, remedy)) {
        Ok(done) => {
            let nothing = || Done { what: "Nothing was left to do.".to_owned(), note: String::new() };
            let done = done.unwrap_or_else(nothing);
            say(&format!("\x1b[32m✓\x1b[0m {} [{code}]", done.what));
            if !done.note.is_empty() {
                say(&format!("  {}", done.note));
            }
            mended.done.push((code, done));
        }
        Err(error) => {
            say(&format!("\x1b[31m✗\x1b[0m {} [{code}]", error.what));
            mended.failed.push((code, error));
        }
    }
}

/// Applies a problem's remedy; `None` if there was nothing left to do.
fn apply(runner: &Runner<'_>, remedy: &Remedy) -> herokey_core::Result<Option<Done>> {
    let action = match remedy {
        Remedy::LogIn => Action::LogIn(LogIn::default()),
        Remedy::Fix(fix) => Action::Fix(fix.clone()),
        Remedy::Move { to } => Action::Move { to: *to },
        Remedy::Link { account } => Action::Link { account: account.clone() },
        Remedy::SetGitHelper => Action::SetGitHelper,
        Remedy::FinishAction => return action::finish(runner),
        Remedy::KeepInNetrc => return netrc_choice::choose_netrc(runner.env, true).map(|()| None),
    };
    action::perform(runner, &action).map(Some)
}

fn take_back(env: &Env) -> Result<(), Failure> {
    perform(env, &Nobody, &Action::Undo)?;
    if let Some(next) = undo::last(env) {
        say(&format!(
            "`herokey doctor --undo` once more takes back the change before it, in {}.",
            next.place(env)
        ));
    }
    Ok(())
}

fn problems(env: &Env) -> Vec<Problem> {
    let facts: Facts = survey_with_shell(env);
    diagnose(&facts, &resolve(&facts))
}

/// The bytes that a problem's fix changes; none where it changes no file, or cannot be applied any more.
fn changes(env: &Env, problem: &Problem) -> Vec<Change> {
    match &problem.remedy {
        Some(Remedy::Fix(fix)) => action::plan_fix(env, fix).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn print(out: &mut impl Write, env: &Env, problems: &[Problem], args: &Doctor) -> io::Result<()> {
    if problems.is_empty() {
        return writeln!(out, "Nothing is wrong here.");
    }
    if args.fix.is_some() {
        writeln!(out, "Left for you to decide:")?;
    }
    for problem in problems {
        let colour = if problem.severity == Severity::Error { "31" } else { "33" };
        writeln!(out, "\x1b[{colour}m{}\x1b[0m [{}]", problem.title, problem.code)?;
        writeln!(out, "  {}", problem.message)?;
        writeln!(out, "  Fix: {}", problem.next_step.text())?;
        if !problem.effect.is_empty() {
            writeln!(out, "    {}", problem.effect)?;
        }
        for change in changes(env, problem) {
            writeln!(out, "    {}:{}", change.file, change.line)?;
            for (sign, text) in [('-', &change.before), ('+', &change.after)] {
                text.lines().try_for_each(|line| writeln!(out, "      {sign} {line}"))?;
            }
        }
    }
    // A fix looks at the machine without the folder.
    let can_fix = args.fix.is_none() && args.folder.is_none();
    if can_fix && problems.iter().any(|problem| problem.safe) {
        let codes: Vec<_> =
            problems.iter().filter(|problem| problem.safe).map(|problem| problem.code).collect();
        writeln!(out, "\n`herokey doctor --fix` mends {}, and loses nothing.", codes.join(", "))?;
    }
    Ok(())
}

fn json_report(env: &Env, problems: &[Problem], mended: &Mended) -> Value {
    let change = |change: Change| json!({ "file": change.file, "line": change.line, "before": change.before, "after": change.after });
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
        mended.done.iter().map(|(code, done)| json!({ "code": code, "what": done.what, "note": done.note }));
    let failed = mended.failed.iter().map(|(code, error)| json!({ "code": code, "error": error }));
    json!({
        "schema": 1,
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "fixed": done.collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
        "undo": undo::last(env).map(|undo| json!({ "what": undo.what, "file": undo.place(env) })),
    })
}
