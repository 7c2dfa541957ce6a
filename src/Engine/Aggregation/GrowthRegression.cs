namespace GunicornPrometheusExporter.Aggregation;

/// <summary>A least-squares regression of growth on counts, in which older observations weigh less. Not thread-safe.</summary>
/// <param name="columns">The number of counts of an observation.</param>
internal sealed class GrowthRegression(int columns)
{
    // More observations than estimates: with fewer, the errors themselves are uncertain.
    private const int LeastSurplus = 8;

    // Counts that are always in proportion would make the matrix singular; this makes their errors huge instead.
    private const double Ridge = 1e-9;

    private readonly double[,] _products = new double[columns, columns];
    private readonly double[] _sums = new double[columns];
    private double _squares;
    private double _observations;

    public void Add(ReadOnlySpan<double> counts, double growth)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            _sums[i] += counts[i] * growth;
            for (var j = 0; j < counts.Length; j++) _products[i, j] += counts[i] * counts[j];
        }
        _squares += growth * growth;
        _observations++;
    }

    /// <summary>Multiplies the weight of all observations so far.</summary>
    public void Fade(double factor)
    {
        for (var i = 0; i < columns; i++)
        {
            _sums[i] *= factor;
            for (var j = 0; j < columns; j++) _products[i, j] *= factor;
        }
        _squares *= factor;
        _observations *= factor;
    }

    /// <summary>A lower bound of the growth per count, by column: the estimate minus some standard errors, at least 0.</summary>
    /// <returns>Empty without enough observations.</returns>
    public IReadOnlyDictionary<int, double> LowerBounds(double errors)
    {
        int[] used = [.. Enumerable.Range(0, columns).Where(column => _products[column, column] > 0)];
        var surplus = _observations - used.Length;
        var bounds = new Dictionary<int, double>();
        if (surplus < LeastSurplus) return bounds;
        var inverse = InverseOf(used);
        var estimates = used.Select((_, i) => used.Select((column, j) => inverse[i, j] * _sums[column]).Sum()).ToArray();
        var residue = Math.Max(0, _squares - used.Select((column, i) => estimates[i] * _sums[column]).Sum());
        for (var i = 0; i < used.Length; i++)
        {
            bounds[used[i]] = Math.Max(0, estimates[i] - (errors * Math.Sqrt(Math.Max(0, inverse[i, i]) * residue / surplus)));
        }
        return bounds;
    }

    /// <summary>The inverse of the used part of the matrix, by Gauss-Jordan elimination: it is positive definite.</summary>
    private double[,] InverseOf(int[] used)
    {
        var size = used.Length;
        // Without scaling, counts of very different size would lose digits.
        var scales = used.Select(column => Math.Sqrt(_products[column, column])).ToArray();
        var left = new double[size, size];
        var inverse = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++) left[i, j] = _products[used[i], used[j]] / (scales[i] * scales[j]);
            left[i, i] += Ridge;
            inverse[i, i] = 1;
        }
        for (var pivot = 0; pivot < size; pivot++)
        {
            var divisor = left[pivot, pivot];
            for (var j = 0; j < size; j++) (left[pivot, j], inverse[pivot, j]) = (left[pivot, j] / divisor, inverse[pivot, j] / divisor);
            for (var i = 0; i < size; i++)
            {
                var factor = left[i, pivot];
                if (i == pivot || factor == 0) continue;
                for (var j = 0; j < size; j++)
                {
                    left[i, j] -= factor * left[pivot, j];
                    inverse[i, j] -= factor * inverse[pivot, j];
                }
            }
        }
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++) inverse[i, j] /= scales[i] * scales[j];
        }
        return inverse;
    }
}
