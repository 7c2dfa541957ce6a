using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Slots;

public sealed class StoreIncarnationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_stays_until_the_counters_begin_anew()
    {
        var first = StoreIncarnation.Of(_directory.Path);

        Assert.Equal(first, StoreIncarnation.Of(_directory.Path));
        StoreIncarnation.Renew(_directory.Path);
        var second = StoreIncarnation.Of(_directory.Path);

        Assert.True(second.Succeeds(first));
        Assert.False(first.Succeeds(second));
        Assert.False(first.Succeeds(first));
    }

    [Fact]
    public void Another_store_succeeds_nobody()
    {
        using var other = new TemporaryDirectory();
        var first = StoreIncarnation.Of(_directory.Path);
        _ = StoreIncarnation.Of(other.Path);
        StoreIncarnation.Renew(other.Path);

        Assert.False(StoreIncarnation.Of(other.Path).Succeeds(first));
    }

    [Fact]
    public void A_file_of_three_gigabytes_is_none_of_it()
    {
        using (var file = File.Create(_directory["incarnation"])) file.SetLength(3L << 30);

        Assert.Equal(1, StoreIncarnation.Of(_directory.Path).Generation);
    }

    [Fact]
    public void A_store_that_nobody_asked_has_none()
    {
        StoreIncarnation.Renew(_directory.Path);

        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("store")]
    [InlineData("store-x")]
    [InlineData("-1")]
    [InlineData("a-b-1")]
    public void A_file_that_says_something_else_is_replaced(string content)
    {
        File.WriteAllText(_directory["incarnation"], content);

        var incarnation = StoreIncarnation.Of(_directory.Path);

        Assert.Equal(1, incarnation.Generation);
        Assert.Equal(incarnation, StoreIncarnation.Of(_directory.Path));
    }

    [Fact]
    public void A_store_that_cannot_be_written_is_named()
    {
        var missing = _directory["missing"];

        var error = Assert.Throws<StoreException>(() => StoreIncarnation.Of(missing));

        Assert.Contains($"{missing}/incarnation cannot be created", error.Message, StringComparison.Ordinal);
    }
}
