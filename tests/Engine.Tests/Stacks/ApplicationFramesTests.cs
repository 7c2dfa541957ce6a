using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Stacks;

public sealed class ApplicationFramesTests
{
    [Theory]
    [InlineData("/srv/app/views.py")]
    [InlineData("/home/me/lib/views.py")]
    [InlineData("/home/me/python3/views.py")]
    [InlineData("/srv/bin/tool.py")]
    [InlineData("views.py")]
    public void A_source_outside_of_python_is_the_applications(string file) =>
        Assert.Equal([file], Of("/usr/lib/python3.11/re/__init__.py", file, "/usr/lib/python3/dist-packages/gunicorn/workers/sync.py"));

    [Theory]
    [InlineData("/usr/lib/python3.11/threading.py")]
    [InlineData("/opt/venv/lib/python3.13/site-packages/flask/app.py")]
    [InlineData("/usr/lib/python3/dist-packages/django/core/handlers/wsgi.py")]
    [InlineData("/srv/venv/lib/python3.12/site-packages/gunicorn_prometheus_exporter/request_hooks.py")]
    [InlineData("/usr/bin/gunicorn")]
    [InlineData("<frozen importlib._bootstrap>")]
    [InlineData("<string>")]
    public void A_source_of_python_or_of_a_package_is_not(string file) => Assert.Equal(["/srv/app.py"], Of(file, "/srv/app.py"));

    [Fact]
    public void Without_one_the_packages_that_are_no_frameworks_stand_for_it() => Assert.Equal(
        ["/v/lib/python3.11/site-packages/celery/app.py", "/v/lib/python3.11/site-packages/six.py"],
        Of(
            "/usr/lib/python3.11/socket.py", "/v/lib/python3.11/site-packages/celery/app.py", "/v/lib/python3.11/site-packages/six.py",
            "/v/lib/python3.11/site-packages/flask/app.py", "/v/lib/python3.11/site-packages/gunicorn/arbiter.py"));

    [Fact]
    public void Without_any_the_innermost_frame_does() =>
        Assert.Equal(["/usr/lib/python3.11/select.py"], Of("/usr/lib/python3.11/select.py", "/v/site-packages/gunicorn/sync.py"));

    [Fact]
    public void An_empty_stack_has_none() => Assert.Empty(Of());

    private static IEnumerable<string> Of(params string[] files) =>
        ApplicationFrames.Of([.. files.Select(file => new StackFrame(file, 1, "f"))]).Select(frame => frame.File);
}
