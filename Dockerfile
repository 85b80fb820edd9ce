# Astro Runtime 3.3-7 is Airflow 3.3; the python-3.12 build because this project supports 3.11 to 3.13 (the unsuffixed
# tag is newer) and MWAA runs 3.12. The base image's ONBUILD steps install packages.txt and requirements.txt and copy
# the build context to /usr/local/airflow as user astro.
FROM astrocrpublic.azurecr.io/runtime:3.3-7-python-3.12

# `from include.x import y` resolves in every process, also those that Airflow starts outside its home.
ENV PYTHONPATH=/usr/local/airflow
