//! Confinement: what this process may still do once it has begun to read what
//! strangers wrote.
//!
//! No new file, no socket, no other process, so much memory and no more; what
//! is open stays open. Linux does it: resource limits (`setrlimit(2)`), no new
//! privileges and a list of permitted calls (`seccomp(2)`). It cannot be taken
//! back.

use std::collections::BTreeMap;
use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

/// What a process may call that computes, and answers on pipes it has.
const PERMITTED: &[libc::c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_tgkill,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Confines the process to `memory` octets of memory of its own, the calls of
/// the list and the files that are open.
///
/// # Errors
///
/// The machine's Linux does not do it, or what is forbidden worked all the
/// same: nothing from outside may be read then.
pub fn confine(memory: u64) -> Result<(), ConfineError> {
    let limit = |resource, most| {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|fault| ConfineError::Limit(fault.into()))
    };
    limit(Resource::Data, memory)?;
    limit(Resource::Core, 0)?;
    // Nobody who runs as the same user may look at the keys in its memory.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|fault| ConfineError::Limit(fault.into()))?;
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(ConfineError::list)?;
    let permitted: BTreeMap<i64, _> = PERMITTED.iter().map(|call| (*call, Vec::new())).collect();
    let forbidden = u32::try_from(libc::EPERM).unwrap_or(1);
    let filter =
        SeccompFilter::new(permitted, SeccompAction::Errno(forbidden), SeccompAction::Allow, arch)
            .map_err(ConfineError::list)?;
    let program: BpfProgram = filter.try_into().map_err(ConfineError::list)?;
    apply_filter(&program).map_err(ConfineError::list)?;
    is_confined()
}

/// What must not work does not.
fn is_confined() -> Result<(), ConfineError> {
    let denied = |fault: Option<io::Error>| {
        fault.is_some_and(|fault| fault.kind() == io::ErrorKind::PermissionDenied)
    };
    if !denied(std::fs::File::open("/dev/null").err()) {
        return Err(ConfineError::Open("a file could be opened"));
    }
    if !denied(std::net::UdpSocket::bind(("127.0.0.1", 0)).err()) {
        return Err(ConfineError::Open("a socket could be made"));
    }
    Ok(())
}

/// The process could not be confined; whoever runs it looks at the kernel.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// A resource limit.
    #[error("no limit could be set: {0}; run it on Linux 4.7 or newer, without a lower limit")]
    Limit(#[source] io::Error),
    /// The list of permitted calls.
    #[error(
        "no calls could be forbidden: {0}; run it on Linux with seccomp, as every distribution has it"
    )]
    List(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was forbidden worked.
    #[error("{0}, which was forbidden; this is a bug, report it with the kernel's version")]
    Open(&'static str),
}

impl ConfineError {
    fn list(fault: impl std::error::Error + Send + Sync + 'static) -> Self {
        ConfineError::List(Box::new(fault))
    }
}
