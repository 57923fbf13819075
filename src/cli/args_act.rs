//! Commands on one Work Order, as people type them.

use clap::Subcommand;

use super::args::Number;
use super::args_keep::KeepCommand;
use super::fields::FieldArgs;

/// What can be done with a Work Order.
#[derive(Debug, Clone, Subcommand)]
pub enum ActCommand {
    /// Assign to a service group
    AssignToGroup {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Id of the service group
        group: String,
    },
    /// Assign to an engineer
    AssignToEngineer {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Id of the staff user
        engineer: String,
        /// Also beyond the service group's limit of open work
        #[arg(long)]
        over_limit: bool,
    },
    /// Claim it from the pool of your service group; the first has it
    Claim(Number),
    /// Accept the assignment
    Accept(Number),
    /// Decline the assignment; it goes back to who assigned it
    Decline {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Transfer to another engineer or service group
    #[command(group(clap::ArgGroup::new("to").required(true)))]
    Transfer {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// To this engineer
        #[arg(long, group = "to", value_name = "ID")]
        engineer: Option<String>,
        /// To this service group
        #[arg(long, group = "to", value_name = "ID")]
        group: Option<String>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Take the task, when several may
    Take(Number),
    /// Complete the task
    Complete {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// What was done
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Of the node's form.
        #[command(flatten)]
        fields: FieldArgs,
    },
    /// Keep what is known so far of the node's form, without completing it
    SaveFields {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Of the form of this step of the visit instead
        #[arg(long, value_name = "STEP")]
        step: Option<String>,
        /// Of the node's form.
        #[command(flatten)]
        fields: FieldArgs,
    },
    /// Confirm that it is solved
    ConfirmSolved {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Of the node's form.
        #[command(flatten)]
        fields: FieldArgs,
    },
    /// Say that it is not solved; it goes back to who worked on it
    ConfirmNotSolved {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// What is still wrong
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Skip the evaluation, where that is offered
    SkipEvaluation {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Put on hold
    Hold {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// What it waits for
        #[arg(long, value_name = "FOR", value_parser = ["customer", "parts", "vendor"])]
        reason: String,
        /// More about it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Resume after a hold
    Resume(Number),
    /// Cancel, as the submitter
    Cancel {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Reject: this is not to be done
    Reject {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Move a running Work Order to another version of its process
    MoveToVersion {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Version of the process
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        version: i64,
    },
    /// Add a service record: a note, a call, a visit
    Note {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// What it was
        #[arg(long, value_parser = ["visit", "call", "e-mail", "remark"])]
        kind: Option<String>,
        /// What is to be kept
        text: String,
    },
    /// Steps of an on-site visit
    #[command(subcommand)]
    Step(StepCommand),
    /// Whose it is, and whether it counts.
    #[command(flatten)]
    Keep(KeepCommand),
}

/// What can be done with a step of the SOP.
#[derive(Debug, Clone, Subcommand)]
pub enum StepCommand {
    /// Complete a step
    Complete {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Name of the step
        step: String,
        /// Where, in degrees, such as 31.2304,121.4737
        #[arg(long, value_name = "LATITUDE,LONGITUDE", allow_hyphen_values = true)]
        location: Option<String>,
        /// What was found or done
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Of the step's form.
        #[command(flatten)]
        fields: FieldArgs,
    },
    /// Skip a step that is not required
    Skip {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Name of the step
        step: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

impl ActCommand {
    /// What it gives of a form.
    pub fn fields_mut(&mut self) -> Option<&mut FieldArgs> {
        match self {
            Self::Complete { fields, .. }
            | Self::SaveFields { fields, .. }
            | Self::ConfirmSolved { fields, .. }
            | Self::Step(StepCommand::Complete { fields, .. })
            | Self::Keep(KeepCommand::Edit { fields, .. }) => Some(fields),
            _ => None,
        }
    }
}
