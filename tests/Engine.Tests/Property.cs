using System.Globalization;
using CsCheck;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>Checks what must hold for every input, on inputs that follow from a seed.</summary>
/// <remarks>CsCheck's own seed is that of its first input only. PROPERTY_SEED chooses others; a failure names it.</remarks>
internal static class Property
{
    private const string Variable = "PROPERTY_SEED";

    private static readonly uint Seed = uint.Parse(Environment.GetEnvironmentVariable(Variable) ?? "1", CultureInfo.InvariantCulture);

    /// <summary>Checks so many inputs.</summary>
    internal static void ForAll<T>(this Gen<T> inputs, Action<T> check, int count)
    {
        for (var i = 0; i < count; i++)
        {
            try
            {
                inputs.Sample(check, seed: SeedOf(i), iter: 1, threads: 1);
            }
            catch (Exception failure)
            {
                throw Named(failure, i);
            }
        }
    }

    /// <summary>Checks so many pairs.</summary>
    internal static void ForAll<T1, T2>(this Gen<(T1, T2)> inputs, Action<T1, T2> check, int count) =>
        inputs.ForAll(input => check(input.Item1, input.Item2), count);

    /// <summary>Checks so many triples.</summary>
    internal static void ForAll<T1, T2, T3>(this Gen<(T1, T2, T3)> inputs, Action<T1, T2, T3> check, int count) =>
        inputs.ForAll(input => check(input.Item1, input.Item2, input.Item3), count);

    /// <summary>Checks so many inputs, one after the other.</summary>
    internal static async Task ForAllAsync<T>(this Gen<T> inputs, Func<T, Task> check, int count)
    {
        for (var i = 0; i < count; i++)
        {
            try
            {
                await inputs.SampleAsync(check, seed: SeedOf(i), iter: 1, threads: 1);
            }
            catch (Exception failure)
            {
                throw Named(failure, i);
            }
        }
    }

    private static string SeedOf(int input) => new PCG((uint)input, Seed).ToString();

    private static InvalidOperationException Named(Exception failure, int input) =>
        new($"{Variable}={Seed}, input {input}: {failure.Message}", failure);
}
