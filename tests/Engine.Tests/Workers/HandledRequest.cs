using System.Text;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>A request from its beginning to its end, as Gunicorn's hooks tell the worker of it.</summary>
internal static class HandledRequest
{
    /// <summary>Runs an application on a request; what it throws is a failure with status 500, and thrown on.</summary>
    public static void HandleRequest(this PrometheusWorker worker, ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, Func<int> application)
    {
        var token = worker.RequestStarted(method, path, default);
        var status = 500;
        try
        {
            status = application();
        }
        catch (Exception exception)
        {
            worker.RequestFailed(token, Encoding.UTF8.GetBytes(exception.GetType().Name));
            throw;
        }
        finally
        {
            worker.RequestFinished(token, status, 0);
        }
    }
}
