using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>The manifests of <c>deploy/kubernetes</c>, held against the API of Kubernetes and against the executable.</summary>
public sealed partial class ManifestTests
{
    // The objects of Prometheus' operator, which the client does not know.
    private const string Operator = "apiVersion: monitoring.coreos.com/";

    public static TheoryData<string> Manifests => [.. Directory.GetFiles(Folder(), "*.yaml").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Every_object_of_the_API_has_only_fields_that_the_API_knows(string manifest)
    {
        var objects = Documents(manifest).Where(document => !document.Contains(Operator, StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(objects);
        Assert.All(objects, document => Assert.Single(KubernetesYaml.LoadAllFromString(document, strict: true)));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public async Task Every_flag_is_one_that_the_executable_takes(string manifest)
    {
        var arguments = Assert.Single(Exporters(manifest)).Args;

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
        var variables = Assert.Single(Exporters(manifest)).Env;

        var config = await Executable.RunAsync(
            ["config"], [.. variables.Where(variable => variable.Value is not null).Select(variable => (variable.Name, variable.Value))]);

        Assert.Equal(0, config.Status);
        Assert.All(variables, variable => Assert.Contains($"\n  {variable.Name} = ", config.Output, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Every_container_runs_without_root_and_writes_to_its_volumes_only(string manifest)
    {
        var pod = Assert.Single(Deployments(manifest)).Spec.Template.Spec;

        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.NotEqual(true, pod.ShareProcessNamespace);
        Assert.All(pod.Containers, container =>
        {
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        });
    }

    private static IEnumerable<V1Container> Exporters(string manifest) =>
        Deployments(manifest).SelectMany(deployment => deployment.Spec.Template.Spec.Containers)
            .Where(container => container.Image.Contains("gunicorn-prometheus-exporter", StringComparison.Ordinal));

    private static IEnumerable<V1Deployment> Deployments(string manifest) =>
        Documents(manifest).Where(document => document.Contains("kind: Deployment", StringComparison.Ordinal))
            .Select(document => KubernetesYaml.Deserialize<V1Deployment>(document, strict: true));

    private static string[] Documents(string manifest) =>
        Separator().Split(File.ReadAllText(Path.Combine(Folder(), manifest)));

    private static string Folder() => Path.Combine(Executable.Repository, "deploy", "kubernetes");

    [GeneratedRegex("^---$", RegexOptions.Multiline)]
    private static partial Regex Separator();
}
