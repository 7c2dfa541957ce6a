using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Directories;

public sealed class MultiprocessDirectoryTests : IDisposable
{
    private const uint Nobody = 65534;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = (UnixFileMode)0x1ED;
    private const UnixFileMode Everybody = (UnixFileMode)0x1FF;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_missing_directory_is_made_private_with_its_parents()
    {
        var path = MultiprocessDirectory.Ensure(_directory["a/b"]);

        Assert.Equal(_directory["a/b"], path);
        Assert.Equal(Private, File.GetUnixFileMode(_directory["a/b"]));
        Assert.Equal(Private, File.GetUnixFileMode(_directory["a"]));
    }

    [Fact]
    public void A_directory_of_ours_is_taken_as_it_is()
    {
        var mode = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        Directory.CreateDirectory(_directory["ours"], mode);

        MultiprocessDirectory.Ensure(_directory["ours/"]);

        Assert.Equal(mode, File.GetUnixFileMode(_directory["ours"]));
    }

    [Fact]
    public void Root_keeps_the_parents_that_it_makes_and_gives_the_store_away()
    {
        RequireRoot();
        // What a start that was killed left behind.
        Directory.CreateDirectory(_directory["a.new"]);

        MultiprocessDirectory.MakeFor(_directory["a/b"], Worker);

        Assert.Equal((0u, Passable), (OwnerOf(_directory["a"]), File.GetUnixFileMode(_directory["a"])));
        Assert.Equal((Nobody, Private), (OwnerOf(_directory["a/b"]), File.GetUnixFileMode(_directory["a/b"])));
        Assert.Equal([_directory["a"]], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Theory]
    [InlineData(Nobody, Private)]
    [InlineData(0, Private | UnixFileMode.GroupWrite)]
    [InlineData(0, Everybody)]
    [InlineData(0, Everybody | UnixFileMode.StickyBit)]
    public void Root_makes_nothing_in_a_directory_that_another_user_may_change(uint owner, UnixFileMode mode)
    {
        RequireRoot();
        Directory.CreateDirectory(_directory["theirs"]);
        TemporaryDirectory.Give(_directory["theirs"], owner);
        File.SetUnixFileMode(_directory["theirs"], mode);

        MultiprocessDirectory.MakeFor(_directory["theirs/a/b"], Worker);

        Assert.Empty(Directory.GetFileSystemEntries(_directory["theirs"]));
    }

    [Fact]
    public void Root_follows_its_own_link_and_no_other()
    {
        RequireRoot();
        File.CreateSymbolicLink(_directory["link"], "real/store");
        Directory.CreateDirectory(_directory["theirs"]);
        File.CreateSymbolicLink(_directory["theirs/link"], _directory["planted"]);
        TemporaryDirectory.Give(_directory["theirs"], Nobody);

        MultiprocessDirectory.MakeFor(_directory["link"], Worker);
        MultiprocessDirectory.MakeFor(_directory["theirs/link/store"], Worker);

        Assert.Equal(Nobody, OwnerOf(_directory["real/store"]));
        Assert.False(Path.Exists(_directory["planted"]));
    }

    [Fact]
    public void What_exists_is_never_given_away()
    {
        RequireRoot();
        Directory.CreateDirectory(_directory["ours"]);

        MultiprocessDirectory.MakeFor(_directory["ours"], Worker);

        Assert.Equal(0u, OwnerOf(_directory["ours"]));
    }

    private static UserIdentity Worker => new(Nobody, Nobody);

    private static void RequireRoot() => Assert.SkipUnless(Libc.EffectiveUserId() == 0, "only root makes directories for another user");

    [Fact]
    public void A_file_is_refused()
    {
        File.WriteAllText(_directory["file"], "");

        AssertRefused(_directory["file"], $"{_directory["file"]} is not a directory; remove it, or choose another directory");
        AssertRefused(_directory["file/below"], $"{_directory["file"]} is not a directory; remove it, or choose another directory");
    }

    [Fact]
    public void A_directory_of_another_user_is_refused()
    {
        Directory.CreateDirectory(_directory["theirs"]);
        TemporaryDirectory.Give(_directory["theirs"], Nobody);

        AssertRefused(_directory["theirs"], $"{_directory["theirs"]} belongs to user 65534; choose a directory of your own");
    }

    [Fact]
    public void A_directory_that_all_users_share_is_refused()
    {
        Directory.CreateDirectory(_directory["shared"]);
        File.SetUnixFileMode(_directory["shared"], Everybody | UnixFileMode.StickyBit);

        AssertRefused(
            _directory["shared"],
            $"{_directory["shared"]} is shared by all users; " +
            $"choose a directory inside it, such as {_directory["shared/store"]}, which is then made private");
    }

    [Fact]
    public void A_volume_that_everybody_may_write_is_accepted()
    {
        Directory.CreateDirectory(_directory["volume"]);
        File.SetUnixFileMode(_directory["volume"], Everybody);

        Assert.Equal(_directory["volume"], MultiprocessDirectory.Ensure(_directory["volume"]));
    }

    [Fact]
    public void A_link_of_another_user_is_refused()
    {
        Directory.CreateDirectory(_directory["target"]);
        PlantLink(_directory["link"], _directory["target"]);

        AssertRefused(
            _directory["link"],
            $"{_directory["link"]} is a symbolic link of user 65534; remove the link, or choose a directory of your own");
    }

    [Fact]
    public void A_link_of_another_user_on_the_way_is_refused_where_everybody_could_have_planted_it()
    {
        Directory.CreateDirectory(_directory["target/store"]);
        Directory.CreateDirectory(_directory["shared"]);
        File.SetUnixFileMode(_directory["shared"], Everybody | UnixFileMode.StickyBit);
        PlantLink(_directory["shared/link"], _directory["target"]);

        AssertRefused(
            _directory["shared/link/store"],
            $"{_directory["shared/link"]} is a symbolic link of user 65534; remove the link, or choose a directory of your own");
    }

    [Fact]
    public void A_link_of_another_user_on_the_way_is_followed_where_only_we_could_have_put_it()
    {
        Directory.CreateDirectory(_directory["target/store"]);
        PlantLink(_directory["link"], _directory["target"]);

        Assert.Equal(_directory["link/store"], MultiprocessDirectory.Ensure(_directory["link/store"]));
    }

    [Fact]
    public void Nothing_is_made_behind_a_refused_link()
    {
        PlantLink(_directory["link"], _directory["target"]);

        Assert.Throws<StoreException>(() => MultiprocessDirectory.Ensure(_directory["link"]));

        Assert.False(Directory.Exists(_directory["target"]));
    }

    [Fact]
    public void A_link_of_our_own_is_followed()
    {
        Directory.CreateDirectory(_directory["target"]);
        File.CreateSymbolicLink(_directory["absolute"], _directory["target"]);
        File.CreateSymbolicLink(_directory["relative"], "./absolute/../target");

        Assert.Equal(_directory["relative"], MultiprocessDirectory.Ensure(_directory["relative"]));
    }

    [Fact]
    public void A_directory_behind_our_own_link_must_still_be_ours()
    {
        Directory.CreateDirectory(_directory["theirs"]);
        TemporaryDirectory.Give(_directory["theirs"], Nobody);
        File.CreateSymbolicLink(_directory["link"], _directory["theirs"]);

        AssertRefused(_directory["link"], $"{_directory["link"]} belongs to user 65534; choose a directory of your own");
    }

    [Fact]
    public void A_loop_of_links_is_refused()
    {
        File.CreateSymbolicLink(_directory["a"], _directory["b"]);
        File.CreateSymbolicLink(_directory["b"], _directory["a"]);

        AssertRefused(_directory["a"], $"{_directory["a"]} is reached through a loop of links; remove the loop");
    }

    [Fact]
    public void The_default_of_root_is_named_after_the_workers_user()
    {
        Assert.SkipUnless(Libc.EffectiveUserId() == 0, "other users have one default");

        Assert.Equal(Path.Combine(Path.GetTempPath(), "gunicorn-prometheus-exporter-0"), MultiprocessDirectory.Default());
        Assert.Equal(Path.Combine(Path.GetTempPath(), "gunicorn-prometheus-exporter-33"), MultiprocessDirectory.Default(33));
    }

    private static void AssertRefused(string directory, string sentence) =>
        Assert.Equal(
            $"PROMETHEUS_MULTIPROC_DIR: {sentence}",
            Assert.Throws<StoreException>(() => MultiprocessDirectory.Ensure(directory)).Message);

    private static void PlantLink(string link, string target)
    {
        File.CreateSymbolicLink(link, target);
        TemporaryDirectory.Give(link, Nobody);
    }

    private static uint OwnerOf(string path)
    {
        Assert.True(Libc.TryGetStatus(path, out var status));
        return status.Owner;
    }
}
