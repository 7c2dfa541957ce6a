using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Directories;

/// <summary>The user and group numbers that the workers run as.</summary>
internal readonly record struct UserIdentity(uint User, uint Group)
{
    /// <summary>
    /// Makes this process that user for good and drops all other groups; does nothing if it already is that user and not root.
    /// </summary>
    /// <exception cref="StoreException">Only root may become another user.</exception>
    public unsafe void Assume()
    {
        var current = Libc.EffectiveUserId();
        if (current != 0 && current == User) return;
        // SAFETY: a count of 0 reads nothing from the null pointer.
        if (Libc.SetGroups(0, null) == 0 && Libc.SetGroup(Group, Group, Group) == 0 && Libc.SetUser(User, User, User) == 0)
        {
            return;
        }
        throw new StoreException(
            $"user {current} cannot become user {User} and group {Group} ({Marshal.GetLastPInvokeErrorMessage()}); " +
            "start Gunicorn as root, or as that user");
    }
}
