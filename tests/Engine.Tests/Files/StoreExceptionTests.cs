using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class StoreExceptionTests
{
    [Theory]
    [InlineData(12, "raise the limit of address space (ulimit -v)")]
    [InlineData(13, "must own PROMETHEUS_MULTIPROC_DIR")]
    [InlineData(23, "fs.file-max")]
    [InlineData(24, "raise the limit of open files (ulimit -n)")]
    [InlineData(27, "raise the limit of the size of files (ulimit -f)")]
    [InlineData(28, "make room on its disk, then reload Gunicorn (SIGHUP)")]
    [InlineData(30, "remount its file system for writing")]
    [InlineData(122, "within the user's disk quota, then reload Gunicorn (SIGHUP)")]
    public void An_error_of_the_system_has_its_own_remedy(int error, string remedy)
    {
        Assert.Contains(remedy, StoreException.OfWriter("/store/file", "mapped", error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_may_not_read_is_told_whose_user_it_must_be()
    {
        Assert.Contains("run as the workers' user", StoreException.OfReader("/store/file", "opened", 13).Message, StringComparison.Ordinal);
        Assert.Contains("(ulimit -n)", StoreException.OfReader("/store/file", "opened", 24).Message, StringComparison.Ordinal);
    }
}
