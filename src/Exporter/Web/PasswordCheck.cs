using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>Verifies the password of a user. Safe for any number of threads.</summary>
/// <remarks>
/// bcrypt is slow on purpose, so one password is hashed at a time, and a user's right one is remembered, as a keyed digest.
/// A wrong one is not: guesses could fill any memory, and would displace right ones.
/// </remarks>
internal sealed class PasswordCheck
{
    private static readonly SemaphoreSlim Turn = new(1);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly ConcurrentDictionary<string, byte[]> _right = new();

    /// <summary>Verifies a password; at once if it was right before under the same hash.</summary>
    internal async Task<bool> IsRightAsync(
        IReadOnlyDictionary<string, string> users, string user, string password, CancellationToken cancel)
    {
        var isUser = users.TryGetValue(user, out var hash);
        // An unknown user is compared with another user's hash, so that it takes as long.
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
