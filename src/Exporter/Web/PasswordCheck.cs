using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>Tells whether a password is a user's. Safe for any number of threads.</summary>
/// <remarks>
/// bcrypt is slow on purpose, so one password is hashed at a time, and a user's right one is remembered, as a keyed digest.
/// A wrong one is not: those who guess could fill any memory, and would push out the rightful.
/// </remarks>
internal sealed class PasswordCheck
{
    private static readonly SemaphoreSlim Turn = new(1);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly ConcurrentDictionary<string, byte[]> _right = new();

    /// <summary>Compares, at once if the password was right before under the same hash.</summary>
    /// <param name="users">The hashes by user, at least one.</param>
    /// <param name="user">The user's name, which there may not be.</param>
    /// <param name="password">What the user says the password is.</param>
    /// <param name="cancel">Ends the waiting for the turn.</param>
    internal async Task<bool> IsRightAsync(
        IReadOnlyDictionary<string, string> users, string user, string password, CancellationToken cancel)
    {
        var isUser = users.TryGetValue(user, out var hash);
        // Somebody else's hash for nobody: an unknown user takes as long as a known one.
        hash ??= users.Values.First();
        var digest = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(hash + password));
        if (isUser && _right.TryGetValue(user, out var right) && CryptographicOperations.FixedTimeEquals(right, digest)) return true;
        await Turn.WaitAsync(cancel);
        try
        {
            var isRight = BCrypt.Net.BCrypt.Verify(password, hash) && isUser;
            if (isRight) _right[user] = digest;
            return isRight;
        }
        finally
        {
            Turn.Release();
        }
    }
}
