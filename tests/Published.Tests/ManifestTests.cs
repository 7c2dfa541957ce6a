using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>The manifests of <c>deploy/kubernetes</c>, and what the chart of <c>deploy/helm</c> comes to, held against the API of Kubernetes and against the executable.</summary>
public sealed partial class ManifestTests
{
    // The objects of Prometheus' operator, which the client does not know.
    private const string Operator = "apiVersion: monitoring.coreos.com/";

    private const string Defaults = "the chart";
    private const string Everything = "the chart with everything";
    private const string TwoHubs = "the chart with two hubs and TLS";
    private const string SharingHubs = "the chart with hubs that share the hosts";
    private const string Application = "a chart with the sidecar";

    public static TheoryData<string> Manifests =>
        [.. Directory.GetFiles(Folder(), "*.yaml").Select(file => Path.GetFileName(file)), Defaults, Everything, TwoHubs, SharingHubs, Application];

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task Every_object_of_the_API_has_only_fields_that_the_API_knows(string manifest)
    {
        var objects = (await DocumentsAsync(manifest)).Where(document => !document.Contains(Operator, StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(objects);
        Assert.All(objects, document => Assert.Single(KubernetesYaml.LoadAllFromString(document, strict: true)));
    }

    [Fact]
    public async Task The_autoscaler_has_only_fields_that_the_API_knows()
    {
        var file = Path.Combine(Folder(), "autoscaling", "hpa.yaml");

        var objects = KubernetesYaml.LoadAllFromString(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), strict: true);

        Assert.Equal(["V2HorizontalPodAutoscaler", "V1ConfigMap"], objects.Select(found => found.GetType().Name));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task Every_flag_is_one_that_the_executable_takes(string manifest)
    {
        var arguments = Assert.Single(await ExportersAsync(manifest)).Args;

        var help = await Executable.RunAsync([arguments[0], "--help"]);

        Assert.Equal(0, help.Status);
        Assert.All(
            arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal)),
            flag => Assert.Contains($"  {flag} ", help.Output, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task Every_variable_is_one_that_the_executable_knows_and_has_a_value_that_it_takes(string manifest)
    {
        var exporter = Assert.Single(await ExportersAsync(manifest));
        // The value of a flag is no setting.
        var variables = exporter.Env.Where(variable => !exporter.Args.Contains($"$({variable.Name})")).ToList();

        var config = await Executable.RunAsync(
            ["config"], [.. variables.Where(variable => variable.Value is not null).Select(variable => (variable.Name, variable.Value))]);

        Assert.Equal(0, config.Status);
        Assert.All(variables, variable => Assert.Contains($"\n  {variable.Name} = ", config.Output, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task Every_container_runs_without_root_and_writes_to_its_volumes_only(string manifest)
    {
        var pod = Assert.Single(await PodsAsync(manifest));

        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.NotEqual(true, pod.ShareProcessNamespace);
        Assert.All(pod.Containers, container =>
        {
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        });
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task No_service_of_the_namespace_sets_a_variable(string manifest)
    {
        var pods = await PodsAsync(manifest);

        Assert.NotEmpty(pods);
        Assert.All(pods, pod => Assert.False(pod.EnableServiceLinks ?? true));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task No_probe_needs_to_log_in(string manifest)
    {
        var exporter = Assert.Single(await ExportersAsync(manifest));
        var mayLogIn = exporter.Args.Contains("--web.config.file");

        Assert.NotNull(exporter.LivenessProbe);
        Assert.All(
            new[] { exporter.LivenessProbe, exporter.ReadinessProbe }.OfType<V1Probe>(),
            probe => Assert.True(probe.TcpSocket is not null || !mayLogIn));
        Assert.Equal(manifest is Everything or Application, mayLogIn);
    }

    [Fact]
    public async Task The_chart_has_the_version_of_the_product()
    {
        var version = (await Executable.RunAsync(["--version"])).Output.Trim();

        var hub = Assert.Single(await ExportersAsync(Defaults));

        Assert.EndsWith($":{version}", hub.Image, StringComparison.Ordinal);
    }

    private static async Task<IEnumerable<V1Container>> ExportersAsync(string manifest) =>
        (await PodsAsync(manifest)).SelectMany(pod => pod.Containers)
            .Where(container => container.Image.Contains("gunicorn-prometheus-exporter", StringComparison.Ordinal));

    private static async Task<IEnumerable<V1PodSpec>> PodsAsync(string manifest) =>
        (await DocumentsAsync(manifest)).Where(document => !document.Contains(Operator, StringComparison.Ordinal))
            .SelectMany(document => KubernetesYaml.LoadAllFromString(document, strict: true))
            .Select(found => found switch
            {
                V1Deployment deployment => deployment.Spec.Template.Spec,
                V1StatefulSet set => set.Spec.Template.Spec,
                _ => null,
            }).OfType<V1PodSpec>();

    private static async Task<string[]> DocumentsAsync(string manifest)
    {
        var text = manifest switch
        {
            Defaults => await RenderAsync(Chart()),
            Everything => await RenderAsync(Chart(), Path.Combine(Renderer(), "everything.yaml")),
            TwoHubs => await RenderAsync(Chart(), Path.Combine(Renderer(), "two-hubs.yaml")),
            SharingHubs => await RenderAsync(Chart(), Path.Combine(Renderer(), "sharing-hubs.yaml")),
            Application => await RenderAsync(Path.Combine(Renderer(), "application")),
            _ => await File.ReadAllTextAsync(Path.Combine(Folder(), manifest)),
        };
        return [.. Separator().Split(text).Where(document => !string.IsNullOrWhiteSpace(document))];
    }

    private static string Chart() => Path.Combine(Executable.Repository, "deploy", "helm", "gunicorn-prometheus-exporter");

    private static async Task<string> RenderAsync(string chart, params string[] values)
    {
        var rendered = await Executable.RunAsync(
            "go", ["run", Path.Combine(Renderer(), "render.go"), chart, .. values], ("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"));
        Assert.Equal((0, ""), (rendered.Status, rendered.Errors));
        return rendered.Output;
    }

    private static string Renderer() => Path.Combine(Executable.Repository, "tests", "Published.Tests", "Chart");

    private static string Folder() => Path.Combine(Executable.Repository, "deploy", "kubernetes");

    [GeneratedRegex("^---$", RegexOptions.Multiline)]
    private static partial Regex Separator();
}
