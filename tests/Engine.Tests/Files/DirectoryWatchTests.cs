using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class DirectoryWatchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_directory_is_unchanged_once_its_last_change_is_settled_and_it_was_listed()
    {
        var watch = new DirectoryWatch(_directory.Path);
        Settle();
        Assert.False(IsUnchanged(watch));
        Assert.False(IsUnchanged(watch));
        List(watch);
        Assert.True(IsUnchanged(watch));
        Assert.True(IsUnchanged(watch));
    }

    [Fact]
    public void Every_new_renamed_and_removed_name_is_a_change_and_a_write_is_none()
    {
        var watch = Listed(_directory.Path);
        Action[] changes =
        [
            () => File.WriteAllText(_directory["a"], ""), () => File.Move(_directory["a"], _directory["b"]),
            () => File.WriteAllText(_directory["c"], ""), () => File.Move(_directory["c"], _directory["b"], overwrite: true),
            () => File.CreateSymbolicLink(_directory["d"], "elsewhere"), () => File.Delete(_directory["d"]),
        ];
        foreach (var change in changes)
        {
            change();
            Assert.False(IsUnchanged(watch));
            Settle();
            Assert.False(IsUnchanged(watch));
            List(watch);
        }
        File.WriteAllText(_directory["b"], "content");
        Assert.True(IsUnchanged(watch));
    }

    [Fact]
    public void No_name_is_missed_that_came_within_a_step_of_the_clock()
    {
        var watch = new DirectoryWatch(_directory.Path);
        var names = 0;
        for (var created = 1; created <= 2000; created++)
        {
            File.WriteAllText(_directory[$"{created}"], "");
            if (!IsUnchanged(watch))
            {
                names = created;
                List(watch);
            }
            Assert.Equal(created, names);
        }
    }

    [Fact]
    public void A_link_to_another_directory_is_a_change()
    {
        Directory.CreateDirectory(_directory["one"]);
        Directory.CreateDirectory(_directory["other"]);
        Directory.CreateSymbolicLink(_directory["link"], _directory["one"]);
        var watch = Listed(_directory["link"]);
        Assert.True(IsUnchanged(watch));
        File.WriteAllText(_directory["one/a"], "");
        Assert.False(IsUnchanged(watch));
        watch = Listed(_directory["link"]);
        File.Delete(_directory["link"]);
        Directory.CreateSymbolicLink(_directory["link"], _directory["other"]);
        Assert.False(IsUnchanged(watch));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_never_unchanged()
    {
        var watch = new DirectoryWatch(_directory["a"]);
        Assert.False(IsUnchanged(watch));
        List(watch);
        Assert.False(IsUnchanged(watch));
        Directory.CreateDirectory(_directory["a"]);
        watch = Listed(_directory["a"]);
        Assert.True(IsUnchanged(watch));
        Directory.Delete(_directory["a"]);
        Assert.False(IsUnchanged(watch));
    }

    private static DirectoryWatch Listed(string path)
    {
        var watch = new DirectoryWatch(path);
        Settle();
        List(watch);
        return watch;
    }

    private static void List(DirectoryWatch watch) => Assert.True(watch.Relist(0, (_, _) => { }));

    /// <summary>Whether it would not be listed; a listing that throws does not count.</summary>
    private static bool IsUnchanged(DirectoryWatch watch)
    {
        try
        {
            return !watch.Relist(0, (_, _) => throw new IOException());
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until a further change would show in the directory's status.</summary>
    private static void Settle() => Thread.Sleep(50);
}
