//! Shapes of `org.workorderd.Directory1`; its `.varlink` file says what each field means.

use super::work_orders::shapes;
use serde::{Deserialize, Serialize};

/// The interface's name.
pub const NAME: &str = "org.workorderd.Directory1";
/// Its description, served as it is.
pub const DESCRIPTION: &str = include_str!("org.workorderd.Directory1.varlink");

shapes! {
    /// What an accepted put gives.
    Receipt { revision: i64, sequence: i64 }
    /// Reply of every put.
    Accepted { receipt: Receipt }
    /// When somebody is absent.
    Absence { from: i64, until: i64 }
    /// A staff user.
    StaffUser {
        id: String, name: String, email: Option<String>, language: Option<String>, roles: Vec<String>, superior: Option<String>,
        department: Option<String>, provider: Option<String>, call_account: Option<String>, skills: Option<Vec<String>>, regions: Option<Vec<String>>,
        absence: Option<Absence>,
        notices: Option<Notices>, disabled: Option<bool>, erased: Option<i64>,
    }
    /// What somebody is told by mail.
    Notices { mail: Vec<String>, pools: bool, quiet: Option<Quiet> }
    /// Hours without mail.
    Quiet { from: String, until: String, zone: String }
    /// A department.
    Department { id: String, name: String, head: Option<String>, parent: Option<String>, disabled: Option<bool> }
    /// A service group.
    ServiceGroup {
        id: String, name: String, leader: Option<String>, members: Vec<String>, rule: Option<String>, limit: Option<i64>,
        provider: Option<String>, disabled: Option<bool>,
    }
    /// A user group.
    UserGroup { id: String, name: String, members: Vec<String>, disabled: Option<bool> }
    /// A service provider.
    ServiceProvider { id: String, name: String, disabled: Option<bool> }
    /// What a staff user carries in the directory.
    Carried {
        superior_of: Vec<String>, head_of: Vec<String>, leader_of: Vec<String>, member_of: Vec<String>, user_groups: Vec<String>,
    }
    /// How much open work an engineer carries in a group.
    ServiceGroupLoad {
        engineer: String, open: i64, offered: i64, member: bool, skills: Vec<String>, regions: Vec<String>, absence: Option<Absence>,
        disabled: bool,
    }
    /// An account.
    Account { id: String, name: String, region: Option<String>, disabled: Option<bool> }
    /// A contact.
    Contact {
        id: String, name: String, account: Option<String>, email: Option<String>, mobile: Option<String>, wechat: Option<String>,
        wechat_through: Option<String>, language: Option<String>, disabled: Option<bool>, erased: Option<i64>,
    }
    /// A product.
    Product { id: String, name: String, model: Option<String>, category: Option<String>, disabled: Option<bool> }
    /// A terminal.
    Terminal {
        id: String, name: String, product: String, account: String, contact: Option<String>, serial_number: Option<String>,
        site: Option<String>, warranty_end: Option<String>, disabled: Option<bool>,
    }
    /// Parameters of `PutStaffUser`.
    PutStaffUser { request_id: String, expected_revision: Option<i64>, staff_user: StaffUser }
    /// Reply of `PutStaffUser`.
    PutOfStaffUser { receipt: Receipt, carried: Option<Carried> }
    /// Parameters of `PutUserGroup`.
    PutUserGroup { request_id: String, expected_revision: Option<i64>, user_group: UserGroup }
    /// Parameters of `PutServiceProvider`.
    PutServiceProvider { request_id: String, expected_revision: Option<i64>, service_provider: ServiceProvider }
    /// Parameters of `PutServiceGroup`.
    PutServiceGroup { request_id: String, expected_revision: Option<i64>, service_group: ServiceGroup }
    /// Parameters of `PutDepartment`.
    PutDepartment { request_id: String, expected_revision: Option<i64>, department: Department }
    /// Parameters of `JudgePut`.
    JudgePut {
        staff_user: Option<StaffUser>, department: Option<Department>, user_group: Option<UserGroup>,
        service_provider: Option<ServiceProvider>, service_group: Option<ServiceGroup>, account: Option<Account>,
        contact: Option<Contact>, product: Option<Product>, terminal: Option<Terminal>,
    }
    /// Reply of `JudgePut`.
    PutJudged { change: bool }
    /// What is erased of somebody.
    ErasureSums {
        work_orders: i64, others: i64, records: i64, values: i64, mails: i64, attachments: i64, attachments_kept: i64, written: i64,
        named: i64,
    }
    /// How an erasure stands.
    Erasure {
        since: i64, finished_at: Option<i64>, sums: Option<ErasureSums>, step: Option<String>, done: Option<i64>, of: Option<i64>,
        problem: Option<String>,
    }
    /// What stays and is for people to look at.
    ErasureLeft { account: Option<String>, terminals: Vec<String> }
    /// Parameters of `ErasePerson`.
    ErasePerson { request_id: String, expected_revision: Option<i64>, kind: String, id: String }
    /// Parameters of `JudgeErasePerson` and `GetErasure`.
    Person { kind: String, id: String }
    /// Reply of `JudgeErasePerson`.
    ErasureJudged { sums: ErasureSums, left: ErasureLeft }
    /// Reply of `GetErasure`.
    GotErasure { erasure: Erasure, left: ErasureLeft }
    /// Parameters of `SetAbsence`.
    SetAbsence { request_id: String, expected_revision: Option<i64>, id: String, from: i64, until: i64 }
    /// Parameters of `ClearAbsence`.
    ClearAbsence { request_id: String, expected_revision: Option<i64>, id: String }
    /// Parameters of `SetNotices`.
    SetNotices { request_id: String, expected_revision: Option<i64>, id: String, notices: Option<Notices> }
    /// Parameters of `PutAccount`.
    PutAccount { request_id: String, expected_revision: Option<i64>, account: Account }
    /// Parameters of `PutContact`.
    PutContact { request_id: String, expected_revision: Option<i64>, contact: Contact }
    /// Parameters of `PutProduct`.
    PutProduct { request_id: String, expected_revision: Option<i64>, product: Product }
    /// Parameters of `PutTerminal`.
    PutTerminal { request_id: String, expected_revision: Option<i64>, terminal: Terminal }
    /// Parameters of `GetServiceGroup`.
    GetServiceGroup { id: String }
    /// Reply of `GetServiceGroup`.
    GotServiceGroup { service_group: ServiceGroup, open: Option<i64>, loads: Vec<ServiceGroupLoad>, last_chosen: Option<String> }
    /// Parameters of every list but that of terminals: `after` is the id the page begins behind.
    List { after: Option<String>, limit: Option<i64> }
    /// Parameters of `ListTerminals`.
    ListTerminals {
        account: Option<String>, product: Option<String>, serial_number: Option<String>, after: Option<String>, limit: Option<i64>,
    }
    /// Parameters of `GetStaffUser`, `GetUserGroup`, `GetServiceProvider`, `GetAccount`, `GetContact` and `GetTerminal`.
    GetEntry { id: String }
    /// Reply of `GetStaffUser`.
    GotStaffUser { staff_user: StaffUser, can_act: bool, carried: Carried }
    /// Reply of `GetUserGroup`.
    GotUserGroup { user_group: UserGroup, members: Vec<StaffUser> }
    /// Reply of `GetServiceProvider`.
    GotServiceProvider { service_provider: ServiceProvider, staff_users: Vec<StaffUser>, service_groups: Vec<ServiceGroup> }
    /// Reply of `GetAccount`.
    GotAccount { account: Account, contacts: Vec<Contact>, terminals: Vec<Terminal> }
    /// Reply of `GetContact`.
    GotContact { contact: Contact, account: Option<Account> }
    /// Parameters of `LookUp`.
    LookUp { query: String, exact: Option<bool> }
    /// An account or contact that was found.
    Found {
        kind: String, id: String, name: String, matched: String, account: Option<String>, account_name: Option<String>,
        email: Option<String>, mobile: Option<String>,
    }
    /// Reply of `LookUp`.
    LookedUp { found: Vec<Found>, more: bool }
    /// Reply of `GetTerminal`.
    GotTerminal { terminal: Terminal, product: Option<Product>, account: Option<Account>, contact: Option<Contact> }
    /// Reply of `ListStaffUsers`.
    StaffUsers { staff_users: Vec<StaffUser>, next: Option<String> }
    /// Reply of `ListServiceGroups`.
    ServiceGroups { service_groups: Vec<ServiceGroup>, next: Option<String> }
    /// Reply of `ListDepartments`.
    Departments { departments: Vec<Department>, next: Option<String> }
    /// Reply of `ListUserGroups`.
    UserGroups { user_groups: Vec<UserGroup>, next: Option<String> }
    /// Reply of `ListServiceProviders`.
    ServiceProviders { service_providers: Vec<ServiceProvider>, next: Option<String> }
    /// Reply of `ListAccounts`.
    Accounts { accounts: Vec<Account>, next: Option<String> }
    /// Reply of `ListContacts`.
    Contacts { contacts: Vec<Contact>, next: Option<String> }
    /// Reply of `ListProducts`.
    Products { products: Vec<Product>, next: Option<String> }
    /// Reply of `ListTerminals`.
    Terminals { terminals: Vec<Terminal>, next: Option<String> }
}

impl super::shape::Absent for Receipt {}
impl super::shape::Absent for StaffUser {}
impl super::shape::Absent for Absence {}
impl super::shape::Absent for Department {}
impl super::shape::Absent for ServiceGroup {}
impl super::shape::Absent for UserGroup {}
impl super::shape::Absent for ServiceProvider {}
impl super::shape::Absent for Carried {}
impl super::shape::Absent for Account {}
impl super::shape::Absent for Contact {}
impl super::shape::Absent for Product {}
impl super::shape::Absent for Terminal {}
impl super::shape::Absent for ErasureSums {}
impl super::shape::Absent for Erasure {}
impl super::shape::Absent for ErasureLeft {}
