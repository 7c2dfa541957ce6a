/* The handler of the signal that asks for a stack. It calls CPython's, and makes two promises that CPython's does not keep:
 *
 * - The C library's error number is as it was. The thread may be between a call that failed and the reading of the number.
 * - A fault ends the handler, not the process. The thread may be entering a function, with a frame that is not complete.
 *
 * This is the engine's only C: managed code cannot run in a signal's handler. docs/decisions/0007 has the measurements. */

#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

/* CPython's handler, and the thread that runs it, 0 if none does. CPython serves one thread at a time and ignores others. */
static void (*dump)(int);
static atomic_int owner;
static jmp_buf before;
static atomic_int faults;

/* What handles the faults of everybody else, once it is set. */
static struct sigaction others;
static int is_guarded;

static int thread(void) { return (int)syscall(SYS_gettid); }

static void ask(int number)
{
    int error = errno, nobody = 0;
    if (atomic_compare_exchange_strong(&owner, &nobody, thread())) {
        if (_setjmp(before) == 0) dump(number);
        else atomic_fetch_add(&faults, 1);
        atomic_store(&owner, 0);
    }
    errno = error;
}

static void fault(int number, siginfo_t *information, void *context)
{
    if (atomic_load(&owner) == thread()) _longjmp(before, 1);
    if (others.sa_flags & SA_SIGINFO) others.sa_sigaction(number, information, context);
    else if (others.sa_handler != SIG_DFL && others.sa_handler != SIG_IGN) others.sa_handler(number);
    /* The instruction faults again, and ends the process. */
    else sigaction(number, &others, NULL);
}

/* Puts the handler around that of a signal, which must be CPython's. Returns its address, -1 on failure. */
void *gunicorn_exporter_guard_stack_signal(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) return (void *)-1;
    /* Only once: a handler that came later calls this one. */
    if (!is_guarded) {
        struct sigaction guard;
        if (sigaction(SIGSEGV, NULL, &others) != 0) return (void *)-1;
        guard = others;
        guard.sa_sigaction = fault;
        guard.sa_flags |= SA_SIGINFO | SA_ONSTACK;
        if (sigaction(SIGSEGV, &guard, NULL) != 0) return (void *)-1;
        is_guarded = 1;
    }
    if (action.sa_handler != ask) {
        dump = action.sa_handler;
        action.sa_handler = ask;
        if (sigaction(number, &action, NULL) != 0) return (void *)-1;
    }
    return (void *)ask;
}

/* How many stacks have ended in a fault. CPython writes none after the first. */
int gunicorn_exporter_stack_faults(void) { return atomic_load(&faults); }
