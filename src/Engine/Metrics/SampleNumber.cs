using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>Writes a sample's value or a bucket's bound as <c>prometheus_client</c> does, with exponents as Go does.</summary>
/// <remarks>
/// The shortest digits that parse to the same double, always with a fraction or an exponent: <c>1.0</c>, <c>0.005</c>,
/// <c>2.5e+06</c>, <c>NaN</c>, <c>+Inf</c>. Allocates nothing.
/// </remarks>
internal static class SampleNumber
{
    /// <summary>In bytes, enough for every double.</summary>
    public const int MaximumSize = 32;

    private const int SmallestFixedExponent = -4;
    private const int LargestFixedExponent = 15;
    private const int LargestPositiveFixedExponent = 5;

    /// <summary>Writes the number in ASCII and returns its length.</summary>
    /// <param name="destination">Has room for at least <see cref="MaximumSize"/> bytes.</param>
    public static int Format(double value, Span<byte> destination)
    {
        if (double.IsNaN(value)) return Copy("NaN"u8, destination);
        if (double.IsInfinity(value)) return Copy(value > 0 ? "+Inf"u8 : "-Inf"u8, destination);
        if (Math.Abs(value) < 1_000_000 && Math.Truncate(value) == value && !(value == 0 && double.IsNegative(value)))
        {
            _ = Utf8Formatter.TryFormat((int)value, destination, out var whole);
            return whole + Copy(".0"u8, destination[whole..]);
        }
        return FormatDigits(value, destination);
    }

    public static string ToText(double value)
    {
        Span<byte> text = stackalloc byte[MaximumSize];
        return Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    private static int FormatDigits(double value, Span<byte> destination)
    {
        Span<byte> shortest = stackalloc byte[MaximumSize];
        _ = value.TryFormat(shortest, out var length, "R", CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[MaximumSize];
        var (count, exponent) = Decompose(shortest[..length], digits);

        var written = 0;
        if (double.IsNegative(value)) destination[written++] = (byte)'-';
        // Go switches to exponents sooner than Python, and prometheus_client follows Go for positive values.
        if ((value > 0 && exponent > LargestPositiveFixedExponent) || exponent is < SmallestFixedExponent or > LargestFixedExponent)
        {
            destination[written++] = digits[0];
            if (count > 1) destination[written++] = (byte)'.';
            written += Copy(digits[1..count], destination[written..]);
            return written + FormatExponent(exponent, destination[written..]);
        }
        return written + FormatFixed(digits[..count], exponent, destination[written..]);
    }

    private static int FormatExponent(int exponent, Span<byte> destination)
    {
        destination[0] = (byte)'e';
        destination[1] = exponent < 0 ? (byte)'-' : (byte)'+';
        var magnitude = Math.Abs(exponent);
        var written = 2;
        if (magnitude < 10) destination[written++] = (byte)'0';
        _ = Utf8Formatter.TryFormat(magnitude, destination[written..], out var length);
        return written + length;
    }

    private static int FormatFixed(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        var written = 0;
        if (exponent < 0)
        {
            written += Copy("0."u8, destination);
            for (var i = -1; i > exponent; i--) destination[written++] = (byte)'0';
            return written + Copy(digits, destination[written..]);
        }
        for (var i = 0; i <= exponent; i++) destination[written++] = i < digits.Length ? digits[i] : (byte)'0';
        destination[written++] = (byte)'.';
        if (digits.Length <= exponent + 1) destination[written++] = (byte)'0';
        else written += Copy(digits[(exponent + 1)..], destination[written..]);
        return written;
    }

    /// <summary>The significant digits of a formatted number, and the power of ten of the first digit.</summary>
    private static (int Count, int Exponent) Decompose(ReadOnlySpan<byte> text, Span<byte> digits)
    {
        var (count, point, exponent) = (0, -1, 0);
        var leadingZeros = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'-': break;
                case (byte)'.': point = count + leadingZeros; break;
                case (byte)'E':
                    _ = Utf8Parser.TryParse(text[(i + 1)..], out exponent, out _);
                    i = text.Length;
                    break;
                case (byte)'0' when count == 0: leadingZeros++; break;
                default: digits[count++] = text[i]; break;
            }
        }
        if (point < 0) point = count + leadingZeros;
        if (count == 0) digits[count++] = (byte)'0';
        exponent += point - leadingZeros - 1;
        while (count > 1 && digits[count - 1] == (byte)'0') count--;
        return (count, count == 1 && digits[0] == (byte)'0' ? 0 : exponent);
    }

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        source.CopyTo(destination);
        return source.Length;
    }
}
