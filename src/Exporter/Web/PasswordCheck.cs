using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>Verifies the password of a user. Safe for any number of threads.</summary>
/// <remarks>
/// bcrypt is slow by design, so only one password is hashed at a time, and a user's correct one is cached as a keyed digest.
/// Wrong passwords are not cached, because guesses could fill the memory and displace correct ones.
/// </remarks>
internal sealed class PasswordCheck
{
    private static readonly SemaphoreSlim Turn = new(1);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly ConcurrentDictionary<string, byte[]> _right = new();

    /// <summary>Verifies a password; immediately if it was correct before under the same hash. There must be at least one user.</summary>
    internal async Task<bool> IsRightAsync(
        IReadOnlyDictionary<string, string> users, string user, string password, CancellationToken cancel)
    {
        var isUser = users.TryGetValue(user, out var hash);
        // For an unknown user another user's hash is used, so that the answer takes as long.
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
