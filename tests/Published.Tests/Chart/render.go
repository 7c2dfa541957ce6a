// Writes what a chart comes to, as `helm template` does, with what Helm is made of, for Debian has no Helm.
// Arguments: the chart, and files of values, of which the last wins.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

func main() {
	chart := os.Args[1]
	values := map[string]interface{}{}
	for _, file := range append([]string{filepath.Join(chart, "values.yaml")}, os.Args[2:]...) {
		merge(values, load(file))
	}
	about := map[string]interface{}{}
	for key, value := range load(filepath.Join(chart, "Chart.yaml")) {
		about[strings.ToUpper(key[:1])+key[1:]] = value
	}
	context := map[string]interface{}{
		"Values": values, "Chart": about,
		"Release": map[string]interface{}{"Name": "test", "Namespace": "monitoring", "Service": "Helm"},
	}

	templates := template.New(chart).Option("missingkey=error")
	templates.Funcs(sprig.TxtFuncMap()).Funcs(template.FuncMap{
		"include": func(name string, data interface{}) (string, error) {
			var text bytes.Buffer
			err := templates.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
		"toYaml": func(value interface{}) (string, error) {
			text, err := yaml.Marshal(value)
			return strings.TrimSuffix(string(text), "\n"), err
		},
	})
	files, _ := filepath.Glob(filepath.Join(chart, "templates", "*"))
	template.Must(templates.ParseFiles(files...))
	for _, file := range files {
		var text bytes.Buffer
		if err := templates.ExecuteTemplate(&text, filepath.Base(file), context); err != nil {
			log.Fatal(err)
		}
		if filepath.Ext(file) == ".yaml" && strings.TrimSpace(text.String()) != "" {
			fmt.Printf("---\n%s", text.String())
		}
	}
}

func load(file string) map[string]interface{} {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	content := map[string]interface{}{}
	if err := yaml.Unmarshal(text, &content); err != nil {
		log.Fatalf("%s: %v", file, err)
	}
	return content
}

func merge(into, from map[string]interface{}) {
	for key, value := range from {
		section, both := into[key].(map[string]interface{})
		if changes, ok := value.(map[string]interface{}); both && ok {
			merge(section, changes)
		} else {
			into[key] = value
		}
	}
}
