using System.Diagnostics;
using System.Text;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>A program of a user of the package: it is compiled against the engine, sees what is public, and runs.</summary>
internal sealed class PackageProgram : IDisposable
{
    private const string Project = """
        <!-- The logging abstractions are in the framework that the tests run on. -->
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
          </PropertyGroup>
          <ItemGroup>
            <Reference Include="{0}GunicornPrometheusExporter.dll" />
            <FrameworkReference Include="Microsoft.AspNetCore.App" />
          </ItemGroup>
        </Project>
        """;

    private readonly TemporaryDirectory _directory = new();

    internal PackageProgram(string source)
    {
        File.WriteAllText(_directory["program.csproj"], string.Format(null, CompositeFormat.Parse(Project), AppContext.BaseDirectory));
        File.WriteAllText(_directory["Program.cs"], source);
        var build = Run("dotnet", "build", _directory.Path, "--output", _directory["out"], "--nologo", "-clp:NoSummary", "-v:quiet");
        Assert.True(build.Status == 0, build.Output);
    }

    /// <summary>Runs the program to its end.</summary>
    /// <returns>The exit status, and what it wrote.</returns>
    internal (int Status, string Output) Run(params string[] arguments) => Run("dotnet", [_directory["out/program.dll"], .. arguments]);

    public void Dispose() => _directory.Dispose();

    private static (int Status, string Output) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
