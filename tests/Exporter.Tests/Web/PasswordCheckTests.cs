using GunicornPrometheusExporter.Exporter.Web;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Web;

public sealed class PasswordCheckTests
{
    private static readonly Dictionary<string, string> Users = new() { ["alice"] = Hash("right") };

    private readonly PasswordCheck _check = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("alice", "right", true)]
    [InlineData("alice", "wrong", false)]
    [InlineData("alice", "", false)]
    [InlineData("Alice", "right", false)]
    [InlineData("nobody", "right", false)]
    [InlineData("", "", false)]
    [InlineData("alice", "right\0", false)]
    public async Task Only_a_user_with_the_right_password_is_let_in_each_time(string user, string password, bool isRight)
    {
        Assert.Equal(isRight, await _check.IsRightAsync(Users, user, password, Cancel));
        Assert.Equal(isRight, await _check.IsRightAsync(Users, user, password, Cancel));
    }

    [Fact]
    public async Task A_password_however_long_is_an_answer() =>
        Assert.False(await _check.IsRightAsync(Users, "alice", new string('ä', 10_000), Cancel));

    [Fact]
    public async Task A_password_that_was_right_under_another_hash_is_not_remembered()
    {
        Assert.True(await _check.IsRightAsync(Users, "alice", "right", Cancel));

        Assert.False(await _check.IsRightAsync(new Dictionary<string, string> { ["alice"] = Hash("new") }, "alice", "right", Cancel));
    }

    [Theory]
    [InlineData("$2a$")]
    [InlineData("$2b$")]
    [InlineData("$2y$")]
    public async Task Every_kind_of_hash_that_the_toolkit_knows_is_known(string kind)
    {
        var hash = kind + Hash("right")[4..];

        Assert.Matches(WebConfigReader.PasswordHash(), hash);
        Assert.True(await _check.IsRightAsync(new Dictionary<string, string> { ["alice"] = hash }, "alice", "right", Cancel));
    }

    private static string Hash(string password) => BCrypt.Net.BCrypt.HashPassword(password, 4);
}
