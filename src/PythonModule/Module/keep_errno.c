/* A signal's handler that leaves the C library's error number as it found it, around one that changes the number.
 *
 * The thread may be anywhere when the signal comes, also between a call that failed and the reading of its error number. CPython
 * reads there whether a lock was free. This is the engine's only C: managed code cannot run in a signal's handler. */

typedef void handler(int);

extern int *__errno_location(void);

static handler *inner;

static void keep_errno(int signal)
{
    int *number = __errno_location();
    int kept = *number;
    inner(signal);
    *number = kept;
}

/* Returns the handler that keeps the number around another. All signals share the other. */
handler *gunicorn_exporter_keep_errno(handler *other)
{
    if (other != keep_errno) inner = other;
    return keep_errno;
}
