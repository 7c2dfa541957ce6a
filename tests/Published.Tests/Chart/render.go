// Writes what a chart comes to, as `helm template` does, with what Helm is made of, for Debian has no Helm.
// Arguments: the chart, and files of values, of which the last wins. The variable RELEASE names the release.
package main

import (
	"bytes"
	"errors"
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
	context := contextOf(chart)
	for _, file := range os.Args[2:] {
		merge(context["Values"].(map[string]interface{}), load(file))
	}
	subcharts := map[string]interface{}{}
	context["Subcharts"] = subcharts
	helpers := []string{}
	for name, folder := range dependencies(chart) {
		subchart := contextOf(folder)
		if values, ok := context["Values"].(map[string]interface{})[name].(map[string]interface{}); ok {
			merge(subchart["Values"].(map[string]interface{}), values)
		}
		subcharts[name] = subchart
		found, _ := filepath.Glob(filepath.Join(folder, "templates", "_*"))
		helpers = append(helpers, found...)
	}

	templates := template.New(chart).Option("missingkey=error")
	templates.Funcs(sprig.TxtFuncMap()).Funcs(template.FuncMap{
		"include": func(name string, data interface{}) (string, error) {
			var text bytes.Buffer
			err := templates.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
		"required": func(message string, value interface{}) (interface{}, error) {
			if empty, ok := value.(map[string]interface{}); value == nil || ok && len(empty) == 0 {
				return nil, errors.New(message)
			}
			return value, nil
		},
		"fromYaml": func(text string) (map[string]interface{}, error) {
			content := map[string]interface{}{}
			err := yaml.Unmarshal([]byte(text), &content)
			return content, err
		},
		"toYaml": func(value interface{}) (string, error) {
			text, err := yaml.Marshal(value)
			return strings.TrimSuffix(string(text), "\n"), err
		},
	})
	files, _ := filepath.Glob(filepath.Join(chart, "templates", "*"))
	template.Must(templates.ParseFiles(append(helpers, files...)...))
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

// The values of a chart and what it says of itself.
func contextOf(chart string) map[string]interface{} {
	about := map[string]interface{}{}
	for key, value := range load(filepath.Join(chart, "Chart.yaml")) {
		about[strings.ToUpper(key[:1])+key[1:]] = value
	}
	release := os.Getenv("RELEASE")
	if release == "" {
		release = "test"
	}
	return map[string]interface{}{
		"Values": load(filepath.Join(chart, "values.yaml")), "Chart": about,
		"Files":   files{chart},
		"Release": map[string]interface{}{"Name": release, "Namespace": "monitoring", "Service": "Helm"},
	}
}

// The files of a chart that are no templates, those behind links included, as Helm reads them.
type files struct{ folder string }

func (f files) Get(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(f.folder, name))
	return string(text), err
}

func (f files) Glob(pattern string) (map[string][]byte, error) {
	found := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(f.folder, pattern))
	for _, path := range paths {
		name, _ := filepath.Rel(f.folder, path)
		found[name] = nil
	}
	return found, err
}

// The folders of the charts that a chart depends on, of which only the named templates are read.
func dependencies(chart string) map[string]string {
	folders := map[string]string{}
	list, _ := load(filepath.Join(chart, "Chart.yaml"))["dependencies"].([]interface{})
	for _, item := range list {
		dependency := item.(map[string]interface{})
		folders[dependency["name"].(string)] = filepath.Join(chart, strings.TrimPrefix(dependency["repository"].(string), "file://"))
	}
	return folders
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
